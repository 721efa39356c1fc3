#include "weightloom/training/loop.hpp"

#include <utility>

#include "weightloom/base/error.hpp"

namespace weightloom {

void run_steps(const LoopOptions& options, const Checkpoint& checkpoint, TrainingState& state,
               const std::function<Json(std::int64_t)>& work, const ProgressSink& progress) {
  const auto report = [&](std::int64_t done, Json figures) {
    if (progress)
      progress({options.task, static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(options.steps), "steps",
                std::move(figures), done == options.steps});
  };
  if (options.report_every < 1 || options.checkpoint_every < 1)
    throw Error(ErrorCode::kUsage, "training.options", "cannot train",
                "events and checkpoints need a positive number of steps between them");
  std::int64_t done = checkpoint.restore(state);
  if (done > 0) report(done, {});
  while (done < options.steps) {
    if (interrupt_requested()) checkpoint.save(done, state);
    throw_if_interrupted();
    auto figures = work(done++);
    const bool last = done == options.steps;
    if (last || done % options.report_every == 0) report(done, std::move(figures));
    if (last || done % options.checkpoint_every == 0) checkpoint.save(done, state);
  }
}

}  // namespace weightloom
