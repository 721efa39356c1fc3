#pragma once
// What fine-tuning a network and training an adapter have in common.

#include "weightloom/runtime/executor.hpp"
#include "weightloom/workflow/finetuning.hpp"

namespace weightloom {

// Trains `start` (population 1) on data.train and judges it before and after: the numbers of `out`, and in `record` the
// hyperparameters and metrics. Throws what train() does.
Weights learn(const Executor& executor, Weights start, const TensorData& data, const TrainingOptions& options,
              const ProgressSink& progress, Finetuned& out, ZooRecord& record);

}  // namespace weightloom
