#include "weightloom/training/optimizer.hpp"

#include <algorithm>
#include <cmath>

#include "weightloom/compute/random.hpp"

namespace weightloom {

IndexStream::IndexStream(std::int64_t count, std::uint64_t seed) : count_(count), generator_(make_generator(seed)) {}

torch::Tensor IndexStream::next(std::int64_t wanted) {
  std::vector<torch::Tensor> pieces;
  while (wanted > 0) {
    if (at_ == 0) order_ = torch::randperm(count_, generator_, torch::kInt64);
    const auto taken = std::min(wanted, count_ - at_);
    pieces.push_back(order_.narrow(0, at_, taken));
    at_ = (at_ + taken) % count_;
    wanted -= taken;
  }
  return pieces.size() == 1 ? pieces[0] : torch::cat(pieces);
}

AdamW::AdamW(torch::Tensor values, double weight_decay)
    : values_(std::move(values)),
      first_(torch::zeros_like(values_)),
      second_(torch::zeros_like(values_)),
      weight_decay_(weight_decay) {}

void AdamW::step(const torch::Tensor& gradient, double learning_rate) {
  constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;
  ++steps_;
  first_.lerp_(gradient, 1 - kBeta1);
  second_.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
  const double correction1 = 1 - std::pow(kBeta1, steps_), correction2 = 1 - std::pow(kBeta2, steps_);
  if (weight_decay_ != 0) values_.mul_(1 - learning_rate * weight_decay_);
  values_.addcdiv_(first_, second_.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon), -learning_rate / correction1);
}

FlatLeaves::FlatLeaves(const std::vector<torch::Tensor*>& tensors) {
  std::vector<torch::Tensor> pieces;
  for (const auto* tensor : tensors) pieces.push_back(tensor->detach().flatten());
  flat = torch::cat(pieces);
  std::int64_t at = 0;
  for (auto* tensor : tensors) {
    const auto count = tensor->numel();
    *tensor = flat.narrow(0, at, count).view(tensor->sizes()).detach().requires_grad_();
    leaves.push_back(*tensor);
    at += count;
  }
}

torch::Tensor FlatLeaves::gradient(const torch::Tensor& loss) const {
  auto gradients =
      torch::autograd::grad({loss}, leaves, {}, c10::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    gradients[i] = gradients[i].defined() ? gradients[i].reshape(-1) : torch::zeros({leaves[i].numel()});
  return torch::cat(gradients);
}

}  // namespace weightloom
