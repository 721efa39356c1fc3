#pragma once
// The results of an assessment (docs/assessment.md) as a C++ user reads them, the table of its rows, and their JSON
// form weightloom.quickstart/1. Accuracies are fractions of 1 on test images. Plain values, no LibTorch. [any-thread]

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/report/format.hpp"

namespace weightloom {

// A reference is made of the zoo's own networks: what there is to reach. A baseline is what needs no generator: what
// there is to beat.
enum class RowKind { kReference, kGenerated, kBaseline };

// What the networks of a row are made for: a network and data set that the zoo's training members have, a configuration
// or a depth that none of them has, a class subset that none of them has, or a network and data that a recipe tries.
enum class Setting { kSeen, kConfiguration, kUnseenDepth, kUnseenTask, kTrial };

struct RowDefinition {
  std::string_view name;
  RowKind kind;
  Setting setting;
  std::string_view headline;  // what its card says; empty unless generated
};

// Every row that an assessment may have, in the order in which people read them.
std::span<const RowDefinition> row_definitions();
// Throws kRefused "results.schema" on a name that is not in that table.
const RowDefinition& row_definition(std::string_view name);

// How far generated networks are from the nearest networks that were there before. Medians over the samples, then the
// samples, in the order of ResultRow::values. A figure that was not measured is absent, its samples are empty.
struct Novelty {
  double disagreement_with_nearest = 0;  // share of test images
  std::optional<double> distance_to_nearest, tokens_shared_with_nearest;
  std::vector<double> distances, disagreements;
};

// The architecture label of the rows that count every family, except those whose anchor is a mean.
inline constexpr std::string_view kAllFamilies = "all";

struct ResultRow {
  std::string name;            // of a RowDefinition
  std::string data;            // DataSpec text, for class subsets that of their source
  std::string architecture;    // a family, the architecture of networks without one, or kAllFamilies
  double epochs = 0;           // of fine-tuning before the test
  std::vector<double> values;  // accuracy of each network
  std::optional<Novelty> novelty;
};

// The strongest baseline (highest mean accuracy) for the condition of `row`: same data, architecture, epochs and
// setting. nullptr when there is none; else it points into `rows`.
const ResultRow* strongest_baseline(std::span<const ResultRow> rows, const ResultRow& row);

// "layer-copy is better by 2.9 points (93.4 %)", "noise is weaker by 11.0 points (80.1 %)", "noise is as good (91.1
// %)": the baseline's mean accuracy beside that of `row`.
std::string compare_baseline(const ResultRow& row, const ResultRow& baseline);

// Of the instructions in words alone, how many were read as the data set that they name. Those that were refused count,
// and have no network.
struct InstructionResult {
  std::int64_t samples = 0, right_data = 0;
  double share() const { return samples ? static_cast<double>(right_data) / static_cast<double>(samples) : 0.0; }
};

// What an assessment finds.
struct Assessment {
  std::vector<ResultRow> rows;
  InstructionResult instruction;
};

// What it takes to write one network, from reading the request to the file on the disk.
struct GenerationCost {
  std::string network;  // NetworkDescription::label()
  std::int64_t weights = 0;
  double seconds = 0;
  std::int64_t peak_rss_bytes = 0;  // of the process meanwhile, whatever else it holds included
  double weights_per_second() const { return seconds > 0 ? static_cast<double>(weights) / seconds : 0.0; }
};

// A network that was asked for in words, and how they were understood.
struct SentenceResult {
  std::string instruction, data, network;
  double certainty = 0;                       // 0 .. 1
  std::vector<std::string> because;           // words that decided on the data, and on the network
  std::optional<double> validation_accuracy;  // share of 1
};

// An assessment with all that repeating it needs.
struct Results {
  std::string fingerprint;  // of what went in: equal fingerprints, equal assessments
  Assessment assessment;
  std::optional<SentenceResult> sentence;
  std::vector<GenerationCost> costs;                   // of networks that are written, not judged
  std::vector<std::pair<std::string, double>> stages;  // seconds of the assessment and of the stages before it
  double wall_seconds = 0;                             // their sum
  std::int64_t peak_rss_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> seeds;  // by what they seed
  std::string selection = "none";                            // how samples were chosen among more
  double temperature = 0;
  struct Hardware {
    std::string processor;
    std::int64_t threads = 0;
  } hardware;
  struct ZooSize {
    std::int64_t networks = 0, weights = 0;
  } zoo;
  struct GeneratorFacts {
    std::string id;
    std::int64_t parameters = 0;
    std::string tokenizer;  // its id
    Json training;          // the options recorded in the generator's file, as they stand there
  } generator;
};

// "recipe 0, assessment 7": digits alone, however large.
std::string seeds_text(const Results& results);

Json to_json(const GenerationCost& cost);
GenerationCost cost_from_json(const Json& json);  // throws like results_from_json()
Json to_json(const Results& results);
// Throws kRefused "results.schema" naming the key that is missing or malformed. Figures that follow from `values` (n,
// mean, std) are not read but computed; keys that are not known are ignored.
Results results_from_json(const Json& json);

}  // namespace weightloom
