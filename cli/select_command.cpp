#include "cli/command_groups.hpp"
#include "cli/network_argument.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/wanted_argument.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/workflow/selection.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

struct SelectOptions {
  WantedArgument wanted;
  std::vector<std::string> files;
  std::size_t limit = 64;
  SelectionBudget budget;
  std::string out;
};

// The zoo's networks that fit, and the files that were named.
std::vector<Contender> contenders(Context& context, const SelectOptions& options, const Zoo& zoo,
                                  const PluginRegistry& registry, const ReadWanted& asked, ImageForms& forms) {
  const Wanted& wanted = asked.wanted;
  auto found = retrieve(zoo, wanted);
  if (options.limit > 0 && found.candidates.size() > options.limit) found.candidates.resize(options.limit);
  auto out = stored_contenders(zoo, registry, found.candidates, asked.data, forms,
                               [&](const Candidate& candidate, const Error& error) {
                                 context.warn("'" + candidate.network.name + "' is left out: " + error.summary());
                               });
  const auto classes = wanted.classes.empty() ? wanted.all_classes : static_cast<std::int64_t>(wanted.classes.size());
  for (const auto& file : options.files) {
    auto loaded = load_network(context, {file, {}, Json::object()});
    if (loaded.description.classes != classes)
      throw Error(ErrorCode::kUsage, "selection.classes", "'" + file + "' does not fit",
                  "it tells " + std::to_string(loaded.description.classes) + " classes apart, asked for are " +
                      std::to_string(classes));
    const auto expected = loaded.record.metrics.find("expected_accuracy");
    const double predicted = expected == loaded.record.metrics.end() ? 0.5 : expected->second;
    out.push_back({file, loaded.record, std::move(loaded.description), std::move(loaded.weights), {}, predicted});
  }
  return out;
}

Json select_network(Context& context, const SelectOptions& options) {
  expect_deliverable(context, options.out, {});
  const auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto registry = plugin_registry(context);
  const auto asked = read_wanted(context, zoo, registry, options.wanted);
  ImageForms forms;
  const auto result = select_best(contenders(context, options, zoo, registry, asked, forms), asked.data, forms,
                                  options.budget, context.progress());
  Json networks = Json::array();
  for (const auto& contender : result.contenders)
    networks.push_back({{"name", contender.name},
                        {"network", contender.description.label()},
                        {"predicted", contender.predicted},
                        {"accuracy", contender.images > 0 ? Json(contender.accuracy()) : Json()},
                        {"images", contender.images}});
  if (!options.out.empty()) {
    const auto best = with_outputs(result.contenders.front(), registry, asked.data);
    write_network(options.out, best.record, to_tensor_map(best.description, best.weights));
  }
  return {{"data", asked.data},
          {"reading", asked.reading},
          {"best", result.contenders.front().name},
          {"looked", result.looked},
          {"all", result.all},
          {"path", options.out.empty() ? Json() : Json(options.out)},
          {"networks", std::move(networks)}};
}

void declare_select(CLI::App& app, SelectOptions& options) {
  declare_wanted(app, options.wanted);
  app.add_option("--with", options.files, "Weights files that take part, such as generated ones")->type_name("FILE");
  app.add_option("--limit", options.limit, "At most N networks of the zoo, the most promising; 0: all")
      ->type_name("N")
      ->check(whole_number())
      ->capture_default_str();
  app.add_option("--budget", options.budget.share, "Share of what running all of them on all validation images takes")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 1.0));
  app.add_option("--seed", options.budget.seed, "Order of the validation images")
      ->check(whole_number())
      ->capture_default_str();
  app.add_option("--out", options.out, "Write the best to this .safetensors file, with the wanted outputs alone")
      ->type_name("FILE");
}

}  // namespace

void add_select_command(CommandTable& table) {
  table.add<SelectOptions>("select", declare_select, select_network,
                           listing("networks", "name",
                                   {{"name"},
                                    {"accuracy", "validation", Format::kPercent},
                                    {"images", "", Format::kCount},
                                    {"predicted", "", Format::kPercent},
                                    {"network"}}));
}

}  // namespace weightloom::cli
