#pragma once
// Convolution of a population: the first axis P of weights and results counts its members. Works on the dtype and
// device of its arguments. [any-thread]

#include <array>
#include <cstdint>

#include "weightloom/compute/torch.hpp"

namespace weightloom {

// [vertical, horizontal] each, as in docs/network_description.md.
struct ConvolutionOptions {
  std::array<std::int64_t, 2> stride{1, 1}, padding{0, 0}, dilation{1, 1};
  std::int64_t groups = 1;
};

// weight [P, O, C/groups, kh, kw], bias [P, O] or undefined; input [N, C, H, W] shared by the population, or [P, N, C,
// H, W]. Returns [P, N, O, H', W'], whose memory order may be [N, P, ...].
torch::Tensor convolve(const torch::Tensor& input, bool shared, const torch::Tensor& weight, const torch::Tensor& bias,
                       const ConvolutionOptions& options);

}  // namespace weightloom
