#include "families.hpp"
#include "population.hpp"

namespace weightloom {
namespace {

constexpr std::array<std::int64_t, 2> kImageAxes{-2, -1};

Operator max_pool(const NodeSpec& node) {
  const auto kernel = pair_attribute(node, "kernel"), stride = pair_attribute(node, "stride"),
             padding = pair_attribute(node, "padding");
  const bool ceil_mode = flag_attribute(node, "ceil_mode");
  return [=](const OperatorArguments& a) {
    return per_sample(a.inputs[0], [&](const torch::Tensor& x) {
      return at::max_pool2d(x, kernel, stride, padding, /*dilation=*/1, ceil_mode);
    });
  };
}

Operator avg_pool(const NodeSpec& node) {
  const auto kernel = pair_attribute(node, "kernel"), stride = pair_attribute(node, "stride"),
             padding = pair_attribute(node, "padding");
  const bool ceil_mode = flag_attribute(node, "ceil_mode"), count_padding = flag_attribute(node, "count_padding");
  return [=](const OperatorArguments& a) {
    return per_sample(a.inputs[0], [&](const torch::Tensor& x) {
      return at::avg_pool2d(x, kernel, stride, padding, ceil_mode, count_padding);
    });
  };
}

Value global_avg_pool(const OperatorArguments& a) {
  return {a.inputs[0].tensor.mean(kImageAxes), a.inputs[0].shared};
}

Value global_max_pool(const OperatorArguments& a) {
  return {a.inputs[0].tensor.amax(kImageAxes), a.inputs[0].shared};
}

Operator mean(const NodeSpec& node) {
  const auto axis = integer_attribute(node, "axis");
  return [=](const OperatorArguments& a) {
    return Value{a.inputs[0].tensor.mean(axis + lead(a.inputs[0])), a.inputs[0].shared};
  };
}

}  // namespace

OperatorMakers pooling_makers() {
  return {{"max_pool", max_pool},
          {"avg_pool", avg_pool},
          {"global_avg_pool", [](const NodeSpec&) { return Operator{global_avg_pool}; }},
          {"global_max_pool", [](const NodeSpec&) { return Operator{global_max_pool}; }},
          {"mean", mean}};
}

}  // namespace weightloom
