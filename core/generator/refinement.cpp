#include "weightloom/generator/refinement.hpp"

#include <algorithm>

#include "weightloom/generator/head.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

constexpr double kLearningRates[] = {3e-4, 1e-3, 3e-3};
constexpr std::int64_t kBatch = 64;

// `copies` [K, R, n, C, H, W] of images of R classes.
LabelledImages labelled_copies(const torch::Tensor& copies) {
  const auto classes = torch::arange(copies.size(1), indices_like(copies));
  const auto labels = classes.view({1, -1, 1}).expand({copies.size(0), -1, copies.size(2)});
  return {copies.flatten(0, 2).contiguous(), labels.flatten().contiguous()};
}

Weights steps_on(const NetworkPlan& plan, const Weights& weights, const LabelledImages& images, std::int64_t steps,
                 double learning_rate, std::uint64_t seed) {
  TrainingOptions options;
  options.steps = steps;
  options.batch = std::min(kBatch, images.labels.size(0));
  options.learning_rate = learning_rate;
  options.seed = seed;
  return train(plan.executor(), weights.clone(), {&images}, options);
}

}  // namespace

Refined refine(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples, std::int64_t steps,
               std::uint64_t seed, const ExampleFit& fit) {
  const torch::AutoGradMode with_gradient(true);
  const auto shots = examples.size(1), held_out = std::max<std::int64_t>(1, shots / 4);
  const auto others = examples.narrow(1, 0, shots - held_out);
  const auto seen = labelled_copies(with_copies(plan, others, seed));
  const auto validation = labelled_copies(examples.narrow(1, shots - held_out, held_out).unsqueeze(0));
  Weights start = weights.clone();
  fit(others, start);
  const auto accuracy = [&](const Weights& of) { return evaluate(plan.executor(), of, {&validation}).accuracy[0]; };
  Refined best{weights, 0, accuracy(start)};
  for (const double rate : kLearningRates) {
    const double found = accuracy(steps_on(plan, start, seen, steps, rate, seed));
    if (found > best.expected_accuracy) best = {weights, rate, found};
  }
  if (best.learning_rate > 0)
    best.weights =
        steps_on(plan, weights, labelled_copies(with_copies(plan, examples, seed)), steps, best.learning_rate, seed);
  return best;
}

}  // namespace weightloom
