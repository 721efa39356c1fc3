#include "convolution.hpp"

#include <vector>

#include "depthwise.hpp"

namespace weightloom {
namespace {

// input [B, C, H, W], weight [F, C / groups, h, w]: whether depthwise() does it.
bool is_depthwise(const torch::Tensor& input, const torch::Tensor& weight, const ConvolutionOptions& options,
                  std::int64_t groups) {
  return groups > 1 && groups == input.size(1) && groups == weight.size(0) &&
         options.dilation == std::array<std::int64_t, 2>{1, 1} && has_depthwise(input, weight, options.padding);
}

torch::Tensor conv2d(const torch::Tensor& input, const torch::Tensor& weight, const torch::Tensor& bias,
                     const ConvolutionOptions& options, std::int64_t groups) {
  if (is_depthwise(input, weight, options, groups)) {
    // With a stride it makes more than is kept, which is still less work than the library's.
    const auto out = depthwise(input, weight, options.padding)
                         .slice(2, 0, c10::nullopt, options.stride[0])
                         .slice(3, 0, c10::nullopt, options.stride[1]);
    return bias.defined() ? out + bias.view({1, -1, 1, 1}) : out;
  }
  return at::conv2d(input, weight, bias, options.stride, options.padding, options.dilation, groups);
}

// Members that see a few images of their own: calls of the library would take longer than the products.
constexpr std::int64_t kFewImages = 16;

// input [P, N, C, H, W]: one product for each member and group, of its filters with the patches of its images.
torch::Tensor convolve_patches(const torch::Tensor& input, const torch::Tensor& weight, const torch::Tensor& bias,
                               const ConvolutionOptions& options) {
  const auto population = input.size(0), images = input.size(1), outputs = weight.size(1), groups = options.groups;
  const auto side = [&](std::size_t axis) {
    const auto place = static_cast<std::int64_t>(axis);
    const auto reach = options.dilation[axis] * (weight.size(3 + place) - 1) + 1;
    return (input.size(3 + place) + 2 * options.padding[axis] - reach) / options.stride[axis] + 1;
  };
  const auto patches = at::im2col(input.flatten(0, 1), {weight.size(3), weight.size(4)}, options.dilation,
                                  options.padding, options.stride);  // [P * N, C * kh * kw, L]
  const auto columns = patches.view({population, images, groups, patches.size(1) / groups, patches.size(2)})
                           .permute({0, 2, 3, 1, 4})
                           .reshape({population * groups, patches.size(1) / groups, images * patches.size(2)});
  const auto filters = weight.reshape({population * groups, outputs / groups, columns.size(1)});
  const auto out = at::bmm(filters, columns).view({population, outputs, images, side(0), side(1)}).transpose(1, 2);
  return bias.defined() ? out + bias.view({population, 1, outputs, 1, 1}) : out;
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
  if (!shared && input.size(1) <= kFewImages) {
    // The channels of all members side by side are one depthwise convolution.
    const auto channels = input.transpose(0, 1).flatten(1, 2);  // [N, P * C, H, W]
    const auto filters = weight.flatten(0, 1);
    const auto groups = population * options.groups;
    if (!is_depthwise(channels, filters, options, groups)) return convolve_patches(input, weight, bias, options);
    const auto out = conv2d(channels, filters, bias.defined() ? bias.flatten() : bias, options, groups);
    return out.view({out.size(0), population, outputs, out.size(2), out.size(3)}).transpose(0, 1);
  }
  std::vector<torch::Tensor> members;
  for (std::int64_t p = 0; p < population; ++p)
    members.push_back(
        conv2d(shared ? input : input[p], weight[p], bias.defined() ? bias[p] : bias, options, options.groups));
  return torch::stack(members);
}

}  // namespace weightloom
