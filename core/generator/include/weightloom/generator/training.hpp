#pragma once
// Trains the generator on populations of networks, and on networks of which there is no checkpoint.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/generator/generator.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/tokenizer/members.hpp"

namespace weightloom {

// A recipe's word for networks to practise on without any checkpoint: one, or `count` drawn from ranges.
struct Practice {
  std::string architecture;
  Json config;
  ConfigRanges ranges;
  std::int64_t count = 1;
  std::string family;             // anchor lineage
  std::vector<std::string> data;  // DataSpec texts
  // Random class subsets of the data instead of all classes: each network has its own number of classes, and `tasks`
  // of them to practise on.
  struct Tasks {
    std::int64_t least = 2, most = 20;  // classes
    std::int64_t count = 16;
  };
  std::optional<Tasks> tasks;
};

struct GeneratorTraining {
  GeneratorConfig config;
  std::int64_t steps = 1000;
  std::int64_t parts = 2;         // per step, each with a description of its own; what threads share out
  std::int64_t networks = 12;     // per part, fewer of large ones
  std::int64_t images = 64;       // per network and step
  std::int64_t shots = 32;        // example images per class in a condition
  double learning_rate = 1.5e-3;  // the highest, of AdamW; plateau_schedule(), training/schedule.hpp
  double weight_decay = 0.02;
  double behaviour = 2.0;  // weights of the losses
  double codes = 0.3;
  double latents = 0.3;
  double words_alone = 0.3;  // share of steps on whole data sets that give words and no images
  double own_samples = 0.4;  // share of steps that read the model's own tokens
  std::uint64_t seed = 0;
  std::vector<Practice> practice;
  // When set, the state is written here every `checkpoint_every` steps, at the end, and when training is interrupted;
  // training again goes on from there and ends with the same bits. A file of other options or members is replaced.
  std::filesystem::path checkpoint;
  std::int64_t checkpoint_every = 100;
};

// The [generator] table of a recipe (docs/recipes.md). Throws kUsage on unknown keys and values out of range.
GeneratorTraining parse_generator_training(const Json& table, const std::string& where);
Json to_json(const GeneratorTraining& options);

// A network to practise on: the behaviour loss needs a description and data only.
struct PracticeNetwork {
  std::shared_ptr<const NetworkPlan> plan;
  std::vector<std::string> data;  // DataSpec texts of as many classes as the network has
  double weight = 1;              // how often it is drawn, beside 1 to 4 for a group of members
};

// What there is to learn from; at least one of the two is not empty. Members without tokens are encoded.
struct GeneratorLessons {
  std::vector<MemberGroup> members;
  std::vector<PracticeNetwork> practice;
};

// Each part of a step draws one description, `networks` members (or fresh orders of the classes that members were
// trained on) and one place in the order of generation. Tokens before the place are visible: the zoo's, or the model's
// own. The network made of these and of the softly decoded rest must work on images of its task (behaviour); the zoo's
// tokens must be likely. The result is an exponential moving average of the weights. Interruptible between steps.
// Throws kUsage "generator.no_members", kUsage "generator.practice" for practice without data, kRefused
// "checkpoint.damaged", kInterrupted, kFailure "runtime.*".
Generator train_generator(const GeneratorLessons& lessons, DataCache& data, std::shared_ptr<const Tokenizer> tokenizer,
                          const GeneratorTraining& options, const ProgressSink& progress = {});
// The same from the weights of `start` and with its tokenizer: options.config is not read. `start` stays as it is.
Generator train_generator(const GeneratorLessons& lessons, DataCache& data, const Generator& start,
                          const GeneratorTraining& options, const ProgressSink& progress = {});

}  // namespace weightloom
