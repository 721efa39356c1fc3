#include "weightloom/training/flat_parameters.hpp"

#include <torch/autograd.h>

#include <optional>

namespace weightloom {
namespace {

std::vector<torch::Tensor> trained(const Module& module) {
  std::vector<torch::Tensor> out;
  for (const auto& parameter : module.parameters())
    if (parameter.requires_grad()) out.push_back(parameter);
  return out;
}

}  // namespace

FlatParameters::FlatParameters(std::vector<torch::Tensor> leaves) : leaves_(std::move(leaves)) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> pieces;
  for (const auto& leaf : leaves_) pieces.push_back(leaf.detach().flatten());
  values_ = torch::cat(pieces);
  std::int64_t at = 0;
  for (auto& leaf : leaves_) {
    leaf.set_data(values_.narrow(0, at, leaf.numel()).view(leaf.sizes()));
    at += leaf.numel();
  }
}

FlatParameters::FlatParameters(const Module& module) : FlatParameters(trained(module)) {}

torch::Tensor FlatParameters::gradient(const torch::Tensor& loss) const {
  // grad() and not backward(), which would add to the leaves' own gradients: parts of a step run side by side.
  auto gradients = torch::autograd::grad({loss}, leaves_, {}, /*retain_graph=*/{}, /*create_graph=*/false,
                                         /*allow_unused=*/true);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    gradients[i] = gradients[i].defined() ? gradients[i].reshape(-1) : torch::zeros_like(leaves_[i]).flatten();
  return torch::cat(gradients);
}

torch::Tensor clip_norm(const torch::Tensor& gradient, double limit) {
  // 1e-6 keeps a gradient of zero from dividing by zero; the scale is as LibTorch's clip_grad_norm_ has it.
  const auto scale = (limit / (gradient.norm() + 1e-6)).clamp_max(1.0);
  return gradient * scale;
}

}  // namespace weightloom
