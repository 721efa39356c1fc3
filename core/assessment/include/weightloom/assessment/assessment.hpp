#pragma once
// How good is what a generator writes? Every kind of sample beside every trivial baseline, on test images, unselected
// (docs/assessment.md defines the rows).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/generator/generator.hpp"
#include "weightloom/language/word_vectors.hpp"
#include "weightloom/report/results.hpp"
#include "weightloom/runtime/data_cache.hpp"
#include "weightloom/tokenizer/members.hpp"

namespace weightloom {

// A network as a recipe names it.
struct UnseenNetwork {
  std::string architecture;
  Json config;
  std::string family;
};

// A network to write for data sets that nothing need have been trained on.
struct TrialNetwork {
  UnseenNetwork network;
  std::vector<std::string> data;  // DataSpec texts
};

struct AssessmentOptions {
  std::int64_t samples = 12;        // networks per row and condition, at least
  std::int64_t tasks = 25;          // class subsets that no training network saw
  std::int64_t test_images = 4000;  // per network, evenly spaced over the test split
  std::int64_t finetune_networks = 10;
  double finetune_epochs = 1;  // 0: no rows of fine-tuning
  double temperature = 0.5;
  std::vector<TrialNetwork> trials;   // assess() reads their plans instead
  bool zoo_rows = true;               // false: the trials alone
  std::vector<UnseenNetwork> unseen;  // depths that are in neither kind of training; assess() reads their plans instead
  std::uint64_t seed = 0;
};

// The [assessment] table of a recipe (docs/recipes.md). Throws kUsage on unknown keys and values out of range.
AssessmentOptions parse_assessment(const Json& table, const std::string& where);

struct Trial {
  std::shared_ptr<const NetworkPlan> plan;
  std::string data;
};

// What an assessment works on; nothing is owned but the members. Plans are those of the generator's tokenizer, and one
// description and family has one plan. Of the members' records, `dataset` and the metric "test_accuracy" are read.
struct AssessmentInput {
  const Generator& generator;
  DataCache& data;                    // provides every data set of the members
  std::vector<MemberGroup> train;     // what the generator learnt from; a group holds whole data sets or class subsets
  std::vector<MemberGroup> held_out;  // what it did not
  std::vector<std::shared_ptr<const NetworkPlan>> unseen;  // networks of AssessmentOptions::unseen
  std::vector<Trial> trials;                               // of AssessmentOptions::trials, for each data set
  const WordVectors* words = nullptr;    // what instructions are read with; nullptr: by their spelling alone
  const Generator* unadapted = nullptr;  // `generator` before it was adapted, for rows of trials
};

// The rows, ordered by name, data, architecture and epochs. The same input, options and machine give the same bits.
// Throws kFailure when the machine is out of memory, kInterrupted between networks. Uses the calling thread's
// threads.
Assessment assess(const AssessmentInput& input, const AssessmentOptions& options, const ProgressSink& progress = {});

}  // namespace weightloom
