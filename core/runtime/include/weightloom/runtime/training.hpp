#pragma once
// Training and fine-tuning of populations.

#include <cstdint>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

struct TrainingOptions {
  std::int64_t steps = 0;  // exactly one of steps and epochs is positive
  double epochs = 0;
  std::int64_t batch = 64;
  double learning_rate = 1e-3;  // AdamW (Loshchilov & Hutter 2019), betas 0.9 0.999
  double weight_decay = 0.0;
  double warmup = 0.0;  // share of the steps with rising learning rate; then linear decay to 0
  std::uint64_t seed = 0;
  std::vector<std::uint64_t> member_seeds;  // one for each member; empty: derived from `seed` and the member's place
};

// Trains every member of `weights` on its own data: data[p] for member p, or data[0] for all. Every member goes through
// its own random orders of its training images, so its draws depend on its own seed alone; results in other company
// differ by rounding only. Where executes_apart() holds, members are trained one to a thread, and `progress` is called
// from these threads, one at a time. Running statistics of batch_norm are updated with the node's momentum. Returns the
// trained weights (detached). Interruptible between steps.
Weights train(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
              const TrainingOptions& options, const ProgressSink& progress = {});

// Trains the weights (population 1) of the last network so that they serve all networks at once: every step draws one
// of them and takes its tensors from `weights` by address (network/address.hpp). Throws kUsage "training.shared" when a
// tensor has no counterpart.
Weights train_shared(const std::vector<const Executor*>& executors, Weights weights, const LabelledImages& data,
                     const TrainingOptions& options, const ProgressSink& progress = {});

// Re-estimates batch_norm running statistics: the plain average, over `batches` batches of training images, of the
// statistics that each batch has when every layer normalises by the batch (Izmailov et al. 2018, section 3.2). No-op
// without batch_norm.
Weights recalibrate(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
                    std::uint64_t seed, std::int64_t batches = 20, std::int64_t batch = 128);

}  // namespace weightloom
