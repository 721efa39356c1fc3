#pragma once
// Metric and loss of populations.

#include <vector>

#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

struct Evaluation {
  std::vector<double> accuracy;  // one per member: the task's metric (task.hpp), of classes a fraction of 1
  std::vector<double> loss;      // the task's loss: mean cross-entropy in nats, or mean squared error
  torch::Tensor predictions;     // [P, N, places...] int64, argmax, for disagreement and novelty; of values the output
};

// data[p] for member p, or data[0] for all; all splits of equal, positive size, of the type and on the device of
// `weights`. `limit` > 0 evaluates so many images only, evenly spaced. Where executes_apart() holds, one member to a
// thread. Throws kUsage "evaluation.data" and "data.form", kInterrupted between batches, kFailure "runtime.*".
// [any-thread]
Evaluation evaluate(const Executor& executor, const Weights& weights, const std::vector<const LabelledImages*>& data,
                    std::int64_t limit = 0);

}  // namespace weightloom
