#include "weightloom/workflow/understanding.hpp"

#include <algorithm>
#include <optional>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/data/grouping.hpp"
#include "weightloom/generator/recall.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/workflow/random_networks.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kBestOf = 8;
// The certainty of a reading that contradicts the images.
constexpr double kClearReading = 0.3;
// Configurations that a limit of weights is looked for among.
constexpr std::size_t kCandidates = 64;

Error conflict(const std::string& option, const std::string& said, const std::string& given) {
  return {ErrorCode::kUsage, "instruction.conflict", "the instruction contradicts " + option,
          "it says " + said + ", the option " + given, "leave one of them out"};
}

// A setting that was read: of a list, all of its numbers.
void set_number(Json& config, const Json& rule, const std::string& key, std::int64_t value) {
  if (const auto given = config.find(key); given != config.end() && *given != value)
    throw conflict("--set " + key, std::to_string(value), given->dump());
  const Json standard = rule.value("default", Json());
  config[key] = standard.is_array() ? Json(std::vector<std::int64_t>(std::max<std::size_t>(1, standard.size()), value))
                                    : Json(value);
}

class Understanding {
 public:
  Understanding(GenerationJob job, const PluginRegistry& registry, const Tokenizer& tokenizer)
      : job_(std::move(job)), registry_(registry), tokenizer_(tokenizer) {}

  GenerationJob apply(const ArchitectureReading& reading) {
    const bool chosen = !job_.architecture.empty();
    apply_name(reading.name);
    if (job_.architecture.empty())
      throw Error(ErrorCode::kUsage, "generate.options", "the instruction names no kind of network", "",
                  "say one (\"a residual network of twenty layers for ...\"), or give --arch");
    const Anchor* anchor = tokenizer_.find_anchor(registry_.find(job_.architecture).id, job_.request.family);
    apply_settings(reading);
    if (anchor && !chosen) complete_from(*anchor);
    if (reading.most_parameters) stay_within(*reading.most_parameters, anchor);
    apply_quality(reading.quality);
    return std::move(job_);
  }

 private:
  void apply_name(const std::string& name) {
    if (name.empty()) return;
    if (!job_.architecture.empty() && registry_.find(job_.architecture).name != name)
      throw conflict("--arch", "'" + name + "'", "'" + job_.architecture + "'");
    if (job_.architecture.empty()) job_.architecture = name;
  }

  void apply_settings(const ArchitectureReading& reading) {
    const Json schema = registry_.schema(job_.architecture);
    for (const auto& [key, value] : {std::pair{"depth", reading.depth}, std::pair{"width", reading.width}}) {
      if (!value) continue;
      const auto rule = schema.at("keys").find(key);
      if (rule == schema.at("keys").end())
        throw Error(ErrorCode::kUsage, "instruction.setting",
                    "'" + job_.architecture + "' has no setting '" + key + "'",
                    "the instruction asks for " + std::to_string(*value), "leave it out, or say it with --set");
      said_.push_back(key);
      set_number(job_.config, *rule, key, *value);
    }
  }

  // What is left open is as the anchor was trained: its own settings, and sizes within its ranges.
  void complete_from(const Anchor& anchor) {
    Json own = anchor.ranges.empty() ? anchor.description.config : anchor.config;
    for (const char* key : {"channels", "size", "classes"}) own.erase(key);
    // An anchor of one configuration is no guide to others.
    if (!anchor.ranges.empty() || said_.empty())
      for (const auto& [key, value] : own.items())
        if (!job_.config.contains(key)) job_.config[key] = value;
    const ConfigRanges ranges(anchor.ranges, anchor.family);
    if (ranges.empty()) return;
    const Json largest = ranges.largest(Json::object());
    const auto canonical = wanted_network(job_, registry_, tokenizer_).config;
    for (const auto& [key, value] : largest.items()) {
      if (job_.config.contains(key)) continue;
      const Json setting{{key, canonical.value(key, Json())}};
      if (!ranges.outside(setting).empty()) job_.config[key] = value;
    }
  }

  void stay_within(std::int64_t most, const Anchor* anchor) {
    if (wanted_network(job_, registry_, tokenizer_).parameter_count() <= most) return;
    std::optional<NetworkDescription> best;
    if (anchor) {
      Json base = wanted_network(job_, registry_, tokenizer_).config;
      Json open = anchor->ranges;
      for (const auto& key : said_) open.erase(key);
      const ConfigRanges ranges(open, anchor->family);
      Random random(derive_seed(job_.request.sampling.seed, "within a limit"));
      if (!ranges.empty())
        for (auto& network : random_networks(registry_, job_.architecture, base, ranges, kCandidates, random, {}))
          if (const auto count = network.parameter_count(); count <= most && (!best || count > best->parameter_count()))
            best = std::move(network);
    }
    if (!best)
      throw Error(ErrorCode::kUsage, "instruction.parameters",
                  "no '" + job_.architecture + "' of at most " + std::to_string(most) + " weights is known", "",
                  "allow more, or say its sizes with --set");
    job_.config = best->config;
  }

  void apply_quality(ArchitectureReading::Quality quality) {
    if (quality == ArchitectureReading::Quality::kDraft && job_.request.count == 1) job_.start_only = true;
    if (quality != ArchitectureReading::Quality::kHigh || job_.start_only) return;
    job_.request.count = std::max(job_.request.count, kBestOf);
    job_.selection = Selection::kBest;
  }

  GenerationJob job_;
  const PluginRegistry& registry_;
  const Tokenizer& tokenizer_;
  std::vector<std::string> said_;
};

}  // namespace

GenerationJob with_data(GenerationJob job, const Reading& reading, const Generator& generator) {
  job.request = with_recalled(std::move(job.request), reading);
  const auto of =
      std::ranges::find(generator.exemplars(), reading.source, [](const auto& known) { return known.card.name; });
  job.config.emplace("classes", reading.class_count(of->card.classes.size()));
  return job;
}

void expect_agreement(const Request& request, const std::vector<Card>& cards, const WordVectors& words) {
  const DataSpec data = DataSpec::parse(request.data);
  const auto source = ungrouped(data.source);
  const auto card = std::ranges::find(cards, source, &Card::name);
  if (card == cards.end()) return;
  Reading reading;
  try {
    reading = read_instruction(request.instruction, cards, words);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    return;  // beside images words need not say what these show
  }
  const auto sorted = [](std::vector<std::int64_t> classes) {
    std::ranges::sort(classes);
    return classes;
  };
  auto given = sorted(data.classes);
  if (given.size() == card->classes.size()) given.clear();
  const bool other = reading.source != source && reading.certainty >= kClearReading;
  // Groups may be written in several ways: words are compared with those of one class and the rest alone.
  const bool grouped = source != data.source;
  const bool same = grouped || reading.rest ? DataSpec::parse(reading.data()).source == data.source
                                            : sorted(reading.classes) == given;
  const bool others = reading.source == source && !reading.classes.empty() && !same;
  if (other || others) throw conflict("--data", "'" + reading.data() + "'", "'" + request.data + "'");
}

GenerationJob with_architecture(GenerationJob job, const ArchitectureReading& reading, const PluginRegistry& registry,
                                const Tokenizer& tokenizer) {
  return Understanding(std::move(job), registry, tokenizer).apply(reading);
}

}  // namespace weightloom
