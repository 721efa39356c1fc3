#pragma once
// Loss and metric of each task (weightloom/network/tasks.hpp; docs/network_description.md, "Tasks"): the one place that
// knows what the output of a network is compared with.

#include "weightloom/compute/torch.hpp"
#include "weightloom/network/tasks.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// Outputs [P, B, *output] beside targets: of tasks with classes int64 [P, B, places...], else values [P, B, values].
// Summed over members, averaged over everything else, so that every member gets the gradient that it would get alone.
// Cross-entropy in nats, or the mean squared error. Throws kUsage "network.task" for a task without a loss.
torch::Tensor task_loss(const TaskRule& task, const torch::Tensor& output, const torch::Tensor& target);

// Sums up what a metric needs over batches, in double precision.
class TaskScore {
 public:
  explicit TaskScore(const TaskRule& task) : task_(&task) {}

  // Shapes as of task_loss(). Returns what is predicted: classes int64 [P, B, places...], or the output itself.
  torch::Tensor add(const torch::Tensor& output, const torch::Tensor& target);

  // [P]; REQUIRES that something was added. The metric is the share of places that are right, or 1 - squared error /
  // squared deviation of the targets from their mean, and 0 where they do not deviate.
  torch::Tensor metric() const;
  torch::Tensor loss() const;

 private:
  const TaskRule* task_;
  double places_ = 0;  // of one member
  torch::Tensor right_, loss_, sums_, squares_;
};

// Throws kUsage "data.form" unless a network can be trained and judged on `split`: targets for each place of its
// output, of the kind that the task wants, and inputs of its form (images may be brought to it, see fit_images(), where
// the output is not of places).
void expect_targets(const Executor& executor, const LabelledImages& split);

// Outputs for one place that `data` asks for: its classes, or values a sample.
std::int64_t wanted_outputs(const TaskRule& task, const TensorData& data);

}  // namespace weightloom
