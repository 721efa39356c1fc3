#pragma once
// Trains a tokenizer on populations of networks, and states its rate against accuracy on networks that it never saw.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/runtime/data_cache.hpp"
#include "weightloom/tokenizer/members.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"

namespace weightloom {

struct TokenizerTraining {
  TokenizerConfig config;
  std::int64_t steps = 600;
  std::int64_t batch = 2048;    // chunks
  double learning_rate = 1e-3;  // AdamW; falls linearly to 0
  double commitment = 0.25;     // beta of the paper's loss (section 2.3)
  double behaviour = 0.1;       // weight of the behaviour loss; 0 switches it off
  std::uint64_t seed = 0;
  // When set, the state is written here every `checkpoint_every` steps, at the end, and when training is interrupted;
  // training again goes on from there and ends with the same bits. A file of other options or members is replaced.
  std::filesystem::path checkpoint;
  std::int64_t checkpoint_every = 100;
};

// The [tokenizer] table of a recipe (docs/recipes.md). Throws kUsage on unknown keys and values out of range.
TokenizerTraining parse_tokenizer_training(const Json& table, const std::string& where);
Json to_json(const TokenizerTraining& options);

// Training images of all `sources` (DataSpec texts without classes) in equal shares, drawn with replacement: what a
// tokenizer calibrates anchors on and compares behaviour on. About 512 images, [N, C, H, W]. Throws kUsage
// "tokenizer.no_members" without a source, what DataCache::get() throws, and kFailure "runtime.*".
torch::Tensor draw_reference_images(DataCache& data, const std::vector<std::string>& sources, std::uint64_t seed);

// Fits codebooks, encoder and decoder of `tokenizer`, in place, to the members of `groups` (with plans of this
// tokenizer). Interruptible between steps. Throws kUsage "tokenizer.no_members" without any, kRefused
// "checkpoint.damaged", kInterrupted, kFailure "runtime.*".
void fit_tokenizer(Tokenizer& tokenizer, const std::vector<MemberGroup>& groups, const TokenizerTraining& options,
                   const ProgressSink& progress = {});

// Accuracy on test images of networks that went through the tokenizer.
struct RateRow {
  std::string family, description;  // NetworkDescription::label()
  std::int64_t stages = 0;          // codebooks used
  double bits_per_weight = 0;
  std::int64_t networks = 0;
  double accuracy = 0, original_accuracy = 0, relative_error = 0;  // means; |w - w'| / |w - anchor|
};
// Decodes the first networks of each group with 1, 2, ... codebooks and evaluates them on the test images of their data
// set.
std::vector<RateRow> rate_report(const Tokenizer& tokenizer, const std::vector<MemberGroup>& groups, DataCache& data,
                                 std::int64_t most_networks_per_group, const ProgressSink& progress = {});

}  // namespace weightloom
