#include "weightloom/training/adamw.hpp"

#include <cmath>

namespace weightloom {
namespace {

constexpr double kEpsilon = 1e-8;  // Kingma & Ba 2015, algorithm 1

}  // namespace

AdamW::AdamW(torch::Tensor values, AdamWOptions options)
    : values_(std::move(values)),
      mean_(torch::zeros_like(values_)),
      square_(torch::zeros_like(values_)),
      options_(options) {}

void AdamW::step(const torch::Tensor& gradient, double learning_rate) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  mean_.lerp_(gradient, 1 - options_.beta1);
  square_.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
  // Both moments start at zero and are too small at first.
  const double of_mean = 1 - std::pow(options_.beta1, steps_), of_square = 1 - std::pow(options_.beta2, steps_);
  if (options_.weight_decay != 0) values_.mul_(1 - learning_rate * options_.weight_decay);
  values_.addcdiv_(mean_, square_.sqrt().div_(std::sqrt(of_square)).add_(kEpsilon), -learning_rate / of_mean);
}

void AdamW::keep_in(TrainingState& state, const std::string& prefix) {
  state.keep(prefix + "values", values_);
  state.keep(prefix + "mean", mean_);
  state.keep(prefix + "square", square_);
  state.keep(prefix + "steps", steps_);
}

}  // namespace weightloom
