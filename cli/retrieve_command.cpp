#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/wanted_argument.hpp"
#include "cli/zoo_access.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/retrieval/retrieval.hpp"

namespace weightloom::cli {
namespace {

struct RetrieveOptions {
  WantedArgument wanted;
  std::size_t limit = 10;
};

Json candidate_json(const Candidate& candidate) {
  return {{"id", candidate.network.id},
          {"name", candidate.network.name},
          {"arch", candidate.network.architecture},
          {"params", candidate.network.parameters},
          {"predicted", candidate.predicted},
          {"measured", candidate.measured},
          {"outputs", candidate.outputs},
          {"reasons", candidate.reasons}};
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

Json retrieve_networks(Context& context, const RetrieveOptions& options, const RetrievalProbe& probe) {
  const auto zoo = open_for_reading(context);
  const auto registry = plugin_registry(context);
  const auto asked = read_wanted(context, zoo, registry, options.wanted);
  auto found = retrieve(zoo, asked.wanted);
  if (found.candidates.empty())
    throw Error(
        ErrorCode::kNotFound, "retrieve.nothing", "no network of the zoo fits '" + asked.data + "'",
        std::to_string(found.considered) + " were trained on these images, none on these classes and of that kind",
        "ask for less, or make one with `weightloom generate`");
  if (probe) probe(context, found, zoo, registry, asked.data);
  const auto fitting = found.candidates.size();
  if (options.limit > 0 && found.candidates.size() > options.limit) found.candidates.resize(options.limit);
  Json networks = Json::array();
  for (const auto& candidate : found.candidates) {
    networks.push_back(candidate_json(candidate));
    networks.back()["why"] = joined(candidate.reasons);
  }
  return {{"data", asked.data},
          {"reading", asked.reading},
          {"considered", found.considered},
          {"fitting", fitting},
          {"networks", std::move(networks)}};
}

}  // namespace

void add_retrieve_command(CommandTable& table, RetrievalProbe probe) {
  table.add<RetrieveOptions>(
      "retrieve",
      [](CLI::App& app, RetrieveOptions& options) {
        declare_wanted(app, options.wanted);
        app.add_option("--limit", options.limit, "Show at most N networks; 0: all")
            ->type_name("N")
            ->check(whole_number())
            ->capture_default_str();
      },
      [probe = std::move(probe)](Context& context, const RetrieveOptions& options) {
        return retrieve_networks(context, options, probe);
      },
      listing("networks", "name",
              {{"name"}, {"predicted", "", Format::kPercent}, {"params", "weights", Format::kCount}, {"why"}}));
}

}  // namespace weightloom::cli
