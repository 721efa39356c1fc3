#pragma once
// Accuracy and loss of populations.

#include <vector>

#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

struct Evaluation {
  std::vector<double> accuracy;  // one per member, fraction of 1
  std::vector<double> loss;      // mean cross-entropy, nats
  torch::Tensor predictions;     // [P, N] int64, argmax; for disagreement and novelty
};

// data[p] for member p, or data[0] for all; all splits of equal, positive size, of the type and on the device of
// `weights`. `limit` > 0 evaluates so many images only, evenly spaced. Where executes_apart() holds, one member to a
// thread. Throws kUsage "evaluation.data", kInterrupted between batches, kFailure "runtime.*". [any-thread]
Evaluation evaluate(const Executor& executor, const Weights& weights, const std::vector<const LabelledImages*>& data,
                    std::int64_t limit = 0);

}  // namespace weightloom
