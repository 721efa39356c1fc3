#include "convolution.hpp"

#include <vector>

#include "depthwise.hpp"

namespace weightloom {
namespace {

torch::Tensor conv2d(const torch::Tensor& input, const torch::Tensor& weight, const torch::Tensor& bias,
                     const ConvolutionOptions& options, std::int64_t groups) {
  const bool apart = groups > 1 && groups == input.size(1) && groups == weight.size(0);
  if (apart && options.dilation == std::array<std::int64_t, 2>{1, 1} && has_depthwise(input, weight, options.padding)) {
    // With a stride it makes more than is kept, which is still less work than the library's.
    const auto out = depthwise(input, weight, options.padding)
                         .slice(2, 0, c10::nullopt, options.stride[0])
                         .slice(3, 0, c10::nullopt, options.stride[1]);
    return bias.defined() ? out + bias.view({1, -1, 1, 1}) : out;
  }
  return at::conv2d(input, weight, bias, options.stride, options.padding, options.dilation, groups);
}

}  // namespace

torch::Tensor convolve(const torch::Tensor& input, bool shared, const torch::Tensor& weight, const torch::Tensor& bias,
                       const ConvolutionOptions& options) {
  const auto population = weight.size(0), outputs = weight.size(1);
  if (population == 1) {
    const auto out =
        conv2d(shared ? input : input.squeeze(0), weight[0], bias.defined() ? bias[0] : bias, options, options.groups);
    return out.unsqueeze(0);
  }
  if (shared && options.groups == 1) {
    // All members see the same images: one convolution with the filters of all of them reads the images once.
    const auto out = conv2d(input, weight.flatten(0, 1), bias.defined() ? bias.flatten() : bias, options, 1);
    return out.view({out.size(0), population, outputs, out.size(2), out.size(3)}).transpose(0, 1);
  }
  std::vector<torch::Tensor> members;
  for (std::int64_t p = 0; p < population; ++p)
    members.push_back(
        conv2d(shared ? input : input[p], weight[p], bias.defined() ? bias[p] : bias, options, options.groups));
  return torch::stack(members);
}

}  // namespace weightloom
