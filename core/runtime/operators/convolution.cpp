#include "../convolution.hpp"

#include "families.hpp"
#include "population.hpp"

namespace weightloom {
namespace {

Operator conv2d(const NodeSpec& node) {
  const ConvolutionOptions options{pair_attribute(node, "stride"), pair_attribute(node, "padding"),
                                   pair_attribute(node, "dilation"), integer_attribute(node, "groups")};
  return [options](const OperatorArguments& a) {
    return Value{convolve(a.inputs[0].tensor, a.inputs[0].shared, a.parameters[0], a.parameters[1], options), false};
  };
}

Operator conv1d(const NodeSpec& node) {
  const auto stride = integer_attribute(node, "stride"), padding = integer_attribute(node, "padding"),
             dilation = integer_attribute(node, "dilation"), groups = integer_attribute(node, "groups");
  return [=](const OperatorArguments& a) {
    return per_member(a, [&](const torch::Tensor& x, const std::vector<torch::Tensor>& own) {
      return at::conv1d(x, own[0], own[1], stride, padding, dilation, groups);
    });
  };
}

Operator conv3d(const NodeSpec& node) {
  const auto triple = [&](const char* name) { return node.attributes.at(name).get<std::array<std::int64_t, 3>>(); };
  const auto stride = triple("stride"), padding = triple("padding"), dilation = triple("dilation");
  const auto groups = integer_attribute(node, "groups");
  return [=](const OperatorArguments& a) {
    return per_member(a, [&](const torch::Tensor& x, const std::vector<torch::Tensor>& own) {
      return at::conv3d(x, own[0], own[1], stride, padding, dilation, groups);
    });
  };
}

Operator conv_transpose2d(const NodeSpec& node) {
  const auto stride = pair_attribute(node, "stride"), padding = pair_attribute(node, "padding"),
             more = pair_attribute(node, "output_padding"), dilation = pair_attribute(node, "dilation");
  const auto groups = integer_attribute(node, "groups");
  return [=](const OperatorArguments& a) {
    return per_member(a, [&](const torch::Tensor& x, const std::vector<torch::Tensor>& own) {
      return at::conv_transpose2d(x, own[0], own[1], stride, padding, more, groups, dilation);
    });
  };
}

}  // namespace

OperatorMakers convolution_makers() {
  return {{"conv2d", conv2d}, {"conv1d", conv1d}, {"conv3d", conv3d}, {"conv_transpose2d", conv_transpose2d}};
}

}  // namespace weightloom
