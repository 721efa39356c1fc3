#include "weightloom/report/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "weightloom/base/error.hpp"
#include "weightloom/base/units.hpp"

namespace weightloom {
namespace {

constexpr RowDefinition kRows[] = {
    {"zoo", RowKind::kReference, Setting::kSeen, ""},
    {"decoded", RowKind::kReference, Setting::kSeen, ""},
    {"generated-seen", RowKind::kGenerated, Setting::kSeen, "generated for a seen network and data set"},
    {"generated-instruction", RowKind::kGenerated, Setting::kSeen, "generated from words alone"},
    {"start", RowKind::kBaseline, Setting::kSeen, ""},
    {"average", RowKind::kBaseline, Setting::kSeen, ""},
    {"noise", RowKind::kBaseline, Setting::kSeen, ""},
    {"retrieval", RowKind::kBaseline, Setting::kSeen, ""},
    {"random-init", RowKind::kBaseline, Setting::kSeen, ""},
    {"zoo-configuration", RowKind::kReference, Setting::kConfiguration, ""},
    {"generated-configuration", RowKind::kGenerated, Setting::kConfiguration,
     "generated for a configuration that no training drew"},
    {"start-configuration", RowKind::kBaseline, Setting::kConfiguration, ""},
    {"random-init-configuration", RowKind::kBaseline, Setting::kConfiguration, ""},
    {"generated-unseen-depth", RowKind::kGenerated, Setting::kUnseenDepth, "generated for an unseen depth"},
    {"start-unseen-depth", RowKind::kBaseline, Setting::kUnseenDepth, ""},
    {"layer-copy", RowKind::kBaseline, Setting::kUnseenDepth, ""},
    {"random-init-unseen-depth", RowKind::kBaseline, Setting::kUnseenDepth, ""},
    {"generated-unseen-task", RowKind::kGenerated, Setting::kUnseenTask, "generated for unseen tasks"},
    {"start-unseen-task", RowKind::kBaseline, Setting::kUnseenTask, ""},
    {"retrieval-unseen-task", RowKind::kBaseline, Setting::kUnseenTask, ""},
    {"discriminant-unseen-task", RowKind::kBaseline, Setting::kUnseenTask, ""},
    {"average-unseen-task", RowKind::kBaseline, Setting::kUnseenTask, ""},
    {"random-init-unseen-task", RowKind::kBaseline, Setting::kUnseenTask, ""},
    {"generated-trial", RowKind::kGenerated, Setting::kTrial, "generated for a trial"},
    {"start-trial", RowKind::kBaseline, Setting::kTrial, ""},
    {"head-only-trial", RowKind::kBaseline, Setting::kTrial, ""},
    {"discriminant-trial", RowKind::kBaseline, Setting::kTrial, ""},
    {"unadapted-trial", RowKind::kBaseline, Setting::kTrial, ""},
    {"scratch-trial", RowKind::kBaseline, Setting::kTrial, ""},
    {"full-batch-trial", RowKind::kBaseline, Setting::kTrial, ""},
    {"refined-start-trial", RowKind::kBaseline, Setting::kTrial, ""}};

constexpr const char* kSchema = "weightloom.quickstart/1";

const RowDefinition* find_definition(std::string_view name) {
  const auto found = std::ranges::find(kRows, name, &RowDefinition::name);
  return found == std::end(kRows) ? nullptr : found;
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kRefused, "results.schema", "cannot read the results of an assessment", why,
              "make them anew with `weightloom report`");
}

// One value of the file and the key that leads to it, so that every refusal names its place.
class Entry {
 public:
  Entry(const Json& json, std::string key) : json_(json), key_(std::move(key)) {}

  Entry at(const std::string& key) const {
    const std::string path = key_.empty() ? key : key_ + "." + key;
    if (!json_.is_object()) refuse("'" + key_ + "' is not an object");
    const auto found = json_.find(key);
    if (found == json_.end()) refuse("'" + path + "' is missing");
    return {*found, path};
  }
  std::optional<Entry> find(const std::string& key) const {
    return json_.is_object() && json_.contains(key) ? std::optional(at(key)) : std::nullopt;
  }
  std::vector<Entry> items() const {
    if (!json_.is_array()) refuse("'" + key_ + "' is not a list");
    std::vector<Entry> out;
    for (std::size_t i = 0; i < json_.size(); ++i) out.emplace_back(json_[i], fmt::format("{}[{}]", key_, i));
    return out;
  }
  std::vector<std::pair<std::string, Entry>> fields() const {
    if (!json_.is_object()) refuse("'" + key_ + "' is not an object");
    std::vector<std::pair<std::string, Entry>> out;
    for (const auto& [key, value] : json_.items()) out.emplace_back(key, at(key));
    return out;
  }

  std::string text() const {
    if (!json_.is_string()) refuse("'" + key_ + "' is not a text");
    return json_.get<std::string>();
  }
  // JSON has no NaN: it is written as null.
  double number() const {
    if (json_.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (!json_.is_number()) refuse("'" + key_ + "' is not a number");
    return json_.get<double>();
  }
  std::int64_t count() const {
    if (!json_.is_number_integer()) refuse("'" + key_ + "' is not a whole number");
    return json_.get<std::int64_t>();
  }
  std::uint64_t seed() const {
    if (!json_.is_number_unsigned()) refuse("'" + key_ + "' is not a seed");
    return json_.get<std::uint64_t>();
  }
  std::vector<double> numbers() const {
    std::vector<double> out;
    for (const Entry& item : items()) out.push_back(item.number());
    return out;
  }
  const Json& json() const { return json_; }
  const std::string& key() const { return key_; }

 private:
  const Json& json_;
  std::string key_;
};

Json novelty_json(const Novelty& novelty) {
  Json out{{"disagreement_with_nearest", novelty.disagreement_with_nearest}};
  if (novelty.distance_to_nearest) {
    out["distance_to_nearest"] = *novelty.distance_to_nearest;
    out["distances"] = novelty.distances;
  }
  if (novelty.tokens_shared_with_nearest) out["tokens_shared_with_nearest"] = *novelty.tokens_shared_with_nearest;
  out["disagreements"] = novelty.disagreements;
  return out;
}

Novelty read_novelty(const Entry& entry) {
  Novelty out;
  out.disagreement_with_nearest = entry.at("disagreement_with_nearest").number();
  out.disagreements = entry.at("disagreements").numbers();
  if (const auto distance = entry.find("distance_to_nearest")) {
    out.distance_to_nearest = distance->number();
    out.distances = entry.at("distances").numbers();
  }
  if (const auto shared = entry.find("tokens_shared_with_nearest")) out.tokens_shared_with_nearest = shared->number();
  return out;
}

Json row_json(const ResultRow& row) {
  const Spread spread = Spread::of(row.values);
  Json out{{"row", row.name},        {"data", row.data},    {"architecture", row.architecture},
           {"n", row.values.size()}, {"mean", spread.mean}, {"std", spread.std},
           {"epochs", row.epochs},   {"values", row.values}};
  if (row.novelty) out["novelty"] = novelty_json(*row.novelty);
  return out;
}

ResultRow read_row(const Entry& entry) {
  ResultRow row{entry.at("row").text(),      entry.at("data").text(),      entry.at("architecture").text(),
                entry.at("epochs").number(), entry.at("values").numbers(), {}};
  if (!find_definition(row.name)) refuse("'" + entry.key() + ".row' is '" + row.name + "', which is no row");
  if (const auto novelty = entry.find("novelty")) row.novelty = read_novelty(*novelty);
  return row;
}

bool is_better(const ResultRow& a, const ResultRow& b) {
  return Spread::of(a.values).mean > Spread::of(b.values).mean;
}

Json sentence_json(const SentenceResult& sentence) {
  Json out{{"instruction", sentence.instruction},
           {"data", sentence.data},
           {"network", sentence.network},
           {"certainty", sentence.certainty},
           {"because", sentence.because}};
  if (sentence.validation_accuracy) out["validation_accuracy"] = *sentence.validation_accuracy;
  return out;
}

SentenceResult read_sentence(const Entry& entry) {
  SentenceResult out{entry.at("instruction").text(),
                     entry.at("data").text(),
                     entry.at("network").text(),
                     entry.at("certainty").number(),
                     {},
                     {}};
  for (const Entry& word : entry.at("because").items()) out.because.push_back(word.text());
  if (const auto accuracy = entry.find("validation_accuracy")) out.validation_accuracy = accuracy->number();
  return out;
}

}  // namespace

std::span<const RowDefinition> row_definitions() {
  return kRows;
}

const RowDefinition& row_definition(std::string_view name) {
  if (const RowDefinition* found = find_definition(name)) return *found;
  refuse("'" + std::string(name) + "' is no row");
}

const ResultRow* strongest_baseline(std::span<const ResultRow> rows, const ResultRow& row) {
  const ResultRow* strongest = nullptr;
  for (const ResultRow& other : rows) {
    const RowDefinition& definition = row_definition(other.name);
    const bool comparable = definition.kind == RowKind::kBaseline &&
                            definition.setting == row_definition(row.name).setting && other.data == row.data &&
                            other.architecture == row.architecture && other.epochs == row.epochs &&
                            !other.values.empty();
    if (comparable && (!strongest || is_better(other, *strongest))) strongest = &other;
  }
  return strongest;
}

std::string compare_baseline(const ResultRow& row, const ResultRow& baseline) {
  const double mean = Spread::of(baseline.values).mean, lead = mean - Spread::of(row.values).mean;
  const std::string points = format_number(100 * std::abs(lead), 1);
  const std::string verdict =
      points == "0.0" ? "is as good" : fmt::format("is {} by {} points", lead > 0 ? "better" : "weaker", points);
  return fmt::format("{} {} ({})", baseline.name, verdict, format_percent(mean));
}

std::string seeds_text(const Results& results) {
  std::string text;
  for (const auto& [what, seed] : results.seeds) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, seed);
  return text;
}

Json to_json(const GenerationCost& cost) {
  return {{"network", cost.network},
          {"weights", cost.weights},
          {"seconds", cost.seconds},
          {"weights_per_second", cost.weights_per_second()},
          {"peak_rss_bytes", cost.peak_rss_bytes}};
}

GenerationCost cost_from_json(const Json& json) {
  const Entry entry(json, "cost");
  return {entry.at("network").text(), entry.at("weights").count(), entry.at("seconds").number(),
          entry.at("peak_rss_bytes").count()};
}

Json to_json(const Results& results) {
  Json out{{"schema", kSchema}, {"fingerprint", results.fingerprint}, {"rows", Json::array()}};
  for (const ResultRow& row : results.assessment.rows) out["rows"].push_back(row_json(row));
  const InstructionResult& instruction = results.assessment.instruction;
  out["instruction"] = {
      {"samples", instruction.samples}, {"right_data", instruction.right_data}, {"share", instruction.share()}};
  if (results.sentence) out["sentence"] = sentence_json(*results.sentence);
  if (!results.costs.empty()) out["costs"] = Json::array();
  for (const GenerationCost& cost : results.costs) out["costs"].push_back(to_json(cost));
  out["stages"] = Json::object();
  for (const auto& [stage, seconds] : results.stages) out["stages"][stage] = seconds;
  out["wall_seconds"] = results.wall_seconds;
  out["peak_rss_bytes"] = results.peak_rss_bytes;
  out["seeds"] = Json::object();
  for (const auto& [what, seed] : results.seeds) out["seeds"][what] = seed;
  out["selection"] = results.selection;
  out["temperature"] = results.temperature;
  out["hardware"] = {{"processor", results.hardware.processor}, {"threads", results.hardware.threads}};
  out["zoo"] = {{"networks", results.zoo.networks}, {"weights", results.zoo.weights}};
  out["generator"] = {{"id", results.generator.id},
                      {"parameters", results.generator.parameters},
                      {"tokenizer", results.generator.tokenizer},
                      {"training", results.generator.training}};
  return out;
}

Results results_from_json(const Json& json) {
  const Entry file(json, "");
  if (!json.is_object() || file.at("schema").json() != kSchema) refuse("'schema' is not " + std::string(kSchema));
  Results out;
  out.fingerprint = file.at("fingerprint").text();
  for (const Entry& row : file.at("rows").items()) out.assessment.rows.push_back(read_row(row));
  out.assessment.instruction = {file.at("instruction").at("samples").count(),
                                file.at("instruction").at("right_data").count()};
  if (const auto sentence = file.find("sentence")) out.sentence = read_sentence(*sentence);
  if (const auto costs = file.find("costs"))
    for (const Entry& cost : costs->items()) out.costs.push_back(cost_from_json(cost.json()));
  for (const auto& [stage, seconds] : file.at("stages").fields()) out.stages.emplace_back(stage, seconds.number());
  out.wall_seconds = file.at("wall_seconds").number();
  out.peak_rss_bytes = file.at("peak_rss_bytes").count();
  for (const auto& [what, seed] : file.at("seeds").fields()) out.seeds.emplace_back(what, seed.seed());
  out.selection = file.at("selection").text();
  out.temperature = file.at("temperature").number();
  out.hardware = {file.at("hardware").at("processor").text(), file.at("hardware").at("threads").count()};
  out.zoo = {file.at("zoo").at("networks").count(), file.at("zoo").at("weights").count()};
  const Entry generator = file.at("generator");
  out.generator = {generator.at("id").text(), generator.at("parameters").count(), generator.at("tokenizer").text(),
                   generator.at("training").json()};
  return out;
}

}  // namespace weightloom
