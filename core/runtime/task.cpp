#include "weightloom/runtime/task.hpp"

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// [P, B, *output] with the classes last: [P, B, places..., classes].
torch::Tensor classes_last(const TaskRule& task, const torch::Tensor& output) {
  return output.movedim(2 + static_cast<std::int64_t>(task.class_axis), -1);
}

// Over everything but the members.
torch::Tensor member_sums(const torch::Tensor& values) {
  return values.to(torch::kFloat64).flatten(1).sum(1);
}

}  // namespace

torch::Tensor task_loss(const TaskRule& task, const torch::Tensor& output, const torch::Tensor& target) {
  if (!task.trained())
    throw Error(ErrorCode::kUsage, "network.task", "cannot train this network",
                "the task '" + std::string(task.name) + "' has no loss",
                "describe it with a head, for a task such as classification");
  const auto population = target.size(0);
  if (!task.classes)
    return (output - target).square().sum() * (static_cast<double>(population) / static_cast<double>(target.numel()));
  const auto scores = classes_last(task, output);
  return torch::cross_entropy_loss(scores.flatten(0, -2), target.flatten(), /*weight=*/{}, at::Reduction::Sum) *
         (static_cast<double>(population) / static_cast<double>(target.numel()));
}

torch::Tensor TaskScore::add(const torch::Tensor& output, const torch::Tensor& target) {
  const auto sum_up = [](torch::Tensor& sum, const torch::Tensor& more) { sum = sum.defined() ? sum + more : more; };
  places_ += static_cast<double>(target[0].numel());
  if (!task_->classes) {
    sum_up(loss_, member_sums((output - target).square()));
    sum_up(sums_, target.to(torch::kFloat64).sum(1));
    sum_up(squares_, target.to(torch::kFloat64).square().sum(1));
    return output;
  }
  const auto scores = classes_last(*task_, output);
  const auto predicted = scores.argmax(-1);
  sum_up(right_, member_sums(predicted.eq(target)));
  sum_up(loss_, -member_sums(torch::log_softmax(scores, -1).gather(-1, target.unsqueeze(-1))));
  return predicted;
}

torch::Tensor TaskScore::loss() const {
  return loss_ / places_;
}

torch::Tensor TaskScore::metric() const {
  if (task_->classes) return right_ / places_;
  // Each value deviates from its own mean over the samples.
  const auto samples = places_ / static_cast<double>(sums_.size(1));
  const auto deviation = (squares_ - sums_.square() / samples).sum(1);
  return torch::where(deviation > 0, 1 - loss_ / deviation, torch::zeros_like(loss_));
}

void expect_targets(const Executor& executor, const LabelledImages& split) {
  const auto& description = executor.description();
  const auto& task = task_of(description);
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kUsage, "data.form", "this data does not suit '" + description.label() + "'", why);
  };
  auto places = executor.facts().shapes.at(description.output);
  if (task.classes) places.erase(places.begin() + static_cast<std::ptrdiff_t>(task.class_axis));
  if (split.labels.is_floating_point() == task.classes)
    refuse("the task " + std::string(task.name) + " needs targets that are " +
           (task.classes ? "classes (whole numbers)" : "values (decimal fractions)"));
  const Shape targets = split.labels.sizes().slice(1).vec();
  if (targets != places)
    refuse("its targets have the shape " + to_string(targets) + " for each sample, the network's output needs " +
           to_string(places));
  const Shape inputs = split.images.sizes().slice(1).vec();
  const bool fitted = task.name == "classification" && inputs.size() == 3 && description.input.shape.size() == 3;
  if (!fitted && inputs != description.input.shape)
    refuse("its inputs have the shape " + to_string(inputs) + ", the network takes " +
           to_string(description.input.shape));
}

std::int64_t wanted_outputs(const TaskRule& task, const TensorData& data) {
  return task.classes ? data.classes() : data.train.labels.size(-1);
}

}  // namespace weightloom
