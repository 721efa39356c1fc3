#pragma once
// Training and fine-tuning of populations.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

struct TrainingOptions {
  std::int64_t steps = 0;  // exactly one of steps and epochs is positive
  double epochs = 0;
  std::int64_t batch = 64;
  double learning_rate = 1e-3;  // the highest, of AdamW (training/adamw.hpp) with betas 0.9 and 0.999
  double weight_decay = 0.0;
  double warmup = 0.0;  // share of the steps with rising learning rate (linear_schedule(), training/schedule.hpp)
  std::uint64_t seed = 0;
  std::vector<std::uint64_t> member_seeds;  // one for each member; empty: derived from `seed` and the member's place
  // When set, what the training needs to go on is written here every `checkpoint_every` steps, at the end, and when it
  // is interrupted; training again goes on from there (training/loop.hpp) and ends with the same bits. A file that is
  // of other options, data or starting weights is replaced. Members that are trained apart have files of their own,
  // "<checkpoint>.<member>".
  std::filesystem::path checkpoint;
  std::int64_t checkpoint_every = 100;
};

// Trains every member of `weights` on its own data: data[p] for member p, or data[0] for all. Every member goes through
// its own random orders of its training images, so its draws depend on its own seed alone; results in other company
// differ by rounding only. Where executes_apart() holds, members are trained one to a thread, and `progress` is called
// from these threads, one at a time. Running statistics of batch_norm are updated with the node's momentum. Returns the
// trained weights (detached), of the type and on the device of `weights`; images must have the same. Interruptible
// between steps. Throws kUsage "training.*" and "data.form" for options or data that do not fit (epochs of data sets of
// different size among them, where members are trained together), kRefused "checkpoint.damaged", kInterrupted, and
// kFailure "runtime.*" (compute/torch_error.hpp).
Weights train(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
              const TrainingOptions& options, const ProgressSink& progress = {});

// Trains the weights (population 1) of the last network so that they serve all networks and all `sources` (of one task,
// see number_classes_on()) at once: every step goes through a batch with the first, the largest or the smallest network
// and through another batch with one at random, side by side; their tensors are taken from `weights` as cut_network()
// says (network/cut.hpp). The images of a batch are of one source, drawn by size. Running statistics are moved only by
// networks that take them whole: recalibrate() before use. Throws what train() throws, and kUsage "training.shared"
// when a tensor has no counterpart. REQUIRES at least one network and one source.
Weights train_shared(const std::vector<const Executor*>& executors, Weights weights,
                     const std::vector<const LabelledImages*>& sources, const TrainingOptions& options,
                     const ProgressSink& progress = {});

// Re-estimates batch_norm running statistics: the plain average, over `batches` batches of training images, of the
// statistics that each batch has when every layer normalises by the batch (Izmailov et al. 2018, section 3.2). Fewer
// and smaller batches where so many images cost more than one look (budget.hpp) or much memory. No-op without
// batch_norm. Tensors that are no running statistics are those of `weights`.
Weights recalibrate(const Executor& executor, Weights weights, const std::vector<const LabelledImages*>& data,
                    std::uint64_t seed, std::int64_t batches = 20, std::int64_t batch = 128);

}  // namespace weightloom
