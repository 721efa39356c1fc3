#include "weightloom/runtime/evaluation.hpp"

#include <algorithm>

#include "weightloom/base/progress.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/runtime/task.hpp"

namespace weightloom {
namespace {

// Images at a time: few enough that the values of one execution stay near the caches, enough to fill a matrix product.
std::int64_t batch_size(const Executor& executor, std::int64_t population) {
  const auto values = std::max<std::int64_t>(1, executor.facts().activation_values * population);
  return std::clamp<std::int64_t>((std::int64_t{16} << 20) / values, 4, 2048);
}

void check(const std::vector<const LabelledImages*>& data, std::int64_t population) {
  if (data.size() != 1 && static_cast<std::int64_t>(data.size()) != population)
    throw Error(ErrorCode::kUsage, "evaluation.data", "cannot evaluate",
                std::to_string(data.size()) + " data sets for " + std::to_string(population) + " networks");
  for (const auto* split : data)
    if (split->labels.size(0) != data[0]->labels.size(0) || split->labels.size(0) == 0)
      throw Error(ErrorCode::kUsage, "evaluation.data", "cannot evaluate",
                  "all data sets must have the same, positive size");
}

Evaluation evaluate_together(const Executor& executor, const Weights& weights,
                             const std::vector<const LabelledImages*>& data, std::int64_t limit) {
  const auto population = weights.population();
  return translate_torch_errors("evaluate", [&] {
    const torch::NoGradGuard no_grad;
    const auto available = data[0]->labels.size(0);
    const auto count = limit > 0 ? std::min(limit, available) : available;
    const auto chosen = torch::arange(count, indices_like(data[0]->labels)).mul_(available).floor_divide_(count);
    const auto step = batch_size(executor, population);
    TaskScore score(task_of(executor.description()));
    std::vector<torch::Tensor> predictions;
    for (std::int64_t at = 0; at < count; at += step) {
      throw_if_interrupted();
      const auto indices = chosen.narrow(0, at, std::min(step, count - at));
      std::vector<torch::Tensor> images, labels;
      for (const auto* split : data) {
        images.push_back(fit_images(split->images.index_select(0, indices), executor.description().input.shape));
        labels.push_back(split->labels.index_select(0, indices));
      }
      const auto output = executor.forward(weights, data.size() == 1 ? images[0] : torch::stack(images));
      auto sizes = labels[0].sizes().vec();
      sizes.insert(sizes.begin(), population);
      predictions.push_back(score.add(output, torch::stack(labels).expand(sizes)));
    }
    return Evaluation{to_vector(score.metric()), to_vector(score.loss()), torch::cat(predictions, 1)};
  });
}

Evaluation evaluate_apart(const Executor& executor, const Weights& weights,
                          const std::vector<const LabelledImages*>& data, std::int64_t limit) {
  std::vector<Evaluation> parts(static_cast<std::size_t>(weights.population()));
  run_workers(parts.size(), 0, [&](std::size_t p) {
    parts[p] = evaluate_together(executor, weights.member(static_cast<std::int64_t>(p)),
                                 {data[data.size() == 1 ? 0 : p]}, limit);
  });
  Evaluation out;
  std::vector<torch::Tensor> predictions;
  for (const auto& part : parts) {
    out.accuracy.push_back(part.accuracy[0]);
    out.loss.push_back(part.loss[0]);
    predictions.push_back(part.predictions);
  }
  out.predictions = translate_torch_errors("evaluate", [&] { return torch::cat(predictions); });
  return out;
}

}  // namespace

Evaluation evaluate(const Executor& executor, const Weights& weights, const std::vector<const LabelledImages*>& data,
                    std::int64_t limit) {
  check(data, weights.population());
  for (const auto* split : data) expect_targets(executor, *split);
  const bool apart = weights.population() > 1 && executes_apart(executor.description());
  return apart ? evaluate_apart(executor, weights, data, limit) : evaluate_together(executor, weights, data, limit);
}

}  // namespace weightloom
