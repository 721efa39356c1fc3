#pragma once
// The loop that all trainings share: steps, progress, interruption, checkpoints.

#include <cstdint>
#include <functional>
#include <string>

#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/training/checkpoint.hpp"

namespace weightloom {

struct LoopOptions {
  std::string task;                   // ProgressEvent::task
  std::int64_t steps = 0;             // of the whole training
  std::int64_t report_every = 1;      // steps between two events; the last step is always reported
  std::int64_t checkpoint_every = 1;  // steps between two checkpoints; both > 0
};

// Runs work(k) for k = 0 .. steps - 1, or from where `checkpoint` leaves off, in which case `state` is what it was then
// and the first event says how far that is. Everything that work() changes and reads again belongs to `state`; then a
// training that was interrupted and resumed ends with the same bits as one that was not. work() returns the figures of
// its step for ProgressEvent::detail.
//
// A checkpoint is written every `checkpoint_every` steps, after the last one, and between two steps once
// request_interrupt() has been called, which then throws kInterrupted. It stays when the training is done: training
// again returns at once. An exception of work() ends the loop without a checkpoint. Throws kUsage "training.options"
// for intervals below 1, and what Checkpoint throws.
void run_steps(const LoopOptions& options, const Checkpoint& checkpoint, TrainingState& state,
               const std::function<Json(std::int64_t)>& work, const ProgressSink& progress);

}  // namespace weightloom
