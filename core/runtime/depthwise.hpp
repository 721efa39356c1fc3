#pragma once
// Convolutions in which every channel has a filter of its own, and the normalisation that mostly follows them: for
// small maps the library's kernels are slow (docs/lab/0005). float32 on the CPU; differentiable
// once.

#include <array>

#include "weightloom/compute/torch.hpp"

namespace weightloom {

// `input` [B, C, H, W] correlated with `weight` [C, 1, h, w], stride 1. REQUIRES has_depthwise(): type, device, and a
// padding less than the filter.
torch::Tensor depthwise(const torch::Tensor& input, const torch::Tensor& weight, std::array<std::int64_t, 2> padding);
bool has_depthwise(const torch::Tensor& input, const torch::Tensor& weight, std::array<std::int64_t, 2> padding);

// `input` [B, C, ...] with zero mean and unit variance in every channel of this batch, then scaled and shifted, [C]
// each. Mean and unbiased variance are written to `mean` and `variance` [C] where these are defined. REQUIRES
// has_normalise_batch(): type and device.
torch::Tensor normalise_batch(const torch::Tensor& input, const torch::Tensor& scale, const torch::Tensor& shift,
                              double epsilon, torch::Tensor mean, torch::Tensor variance);
bool has_normalise_batch(const torch::Tensor& input);

}  // namespace weightloom
