#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

Shape pool_shape(const NodeShapes& n) {
  n.expect_rank({3});
  const auto kernel = n.integers("kernel"), stride = n.integers("stride"), padding = n.integers("padding");
  Shape shape{n.input()[0]};
  for (std::size_t i = 0; i < 2; ++i) {
    if (2 * padding[i] > kernel[i])
      refuse("shape", n.path,
             "expected padding of at most half the kernel " + std::to_string(kernel[i]) + ", found " +
                 std::to_string(padding[i]));
    const auto size = n.input()[1 + i];
    auto count = window_count(n, size, kernel[i], stride[i], padding[i]);
    // A last window that is not full counts where it starts inside the image or its padding in front.
    const auto reached = (count - 1) * stride[i] + kernel[i], next = count * stride[i];
    if (n.flag("ceil_mode") && reached < size + 2 * padding[i] && next < size + padding[i]) ++count;
    shape.push_back(count);
  }
  return shape;
}

void pool_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.input()[0]);
  for (std::size_t i : {1u, 2u}) {
    classes.fix(n.input()[i]);
    classes.fix(n.output[i]);
  }
}

Shape global_pool_shape(const NodeShapes& n) {
  n.expect_rank({3});
  return {n.input()[0]};
}

void global_pool_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.input()[0]);
}

Shape mean_shape(const NodeShapes& n) {
  auto shape = n.input();
  const auto axis = n.axis("axis", shape.size());
  if (shape.size() == 1) refuse("shape", n.path, "expected an input of rank 2 or more, found " + to_string(shape));
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return shape;
}

void mean_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto axis = n.node.attributes.at("axis").get<std::size_t>();
  for (std::size_t i = 0; i < n.output.size(); ++i) classes.join(n.output[i], n.input()[i < axis ? i : i + 1]);
}

std::vector<AttributeRule> window_rules() {
  return {{"kernel", Kind::kPair, 1, kMostExtent},
          {"stride", Kind::kPair, 1, kMostExtent, nullptr, "kernel"},
          {"padding", Kind::kPair, 0, kMostExtent, Json::array({0, 0})},
          flag_rule("ceil_mode", false)};
}

}  // namespace

std::vector<OperatorDefinition> pooling_operators() {
  auto average = window_rules();
  average.push_back(flag_rule("count_padding", true));
  return {{{.name = "max_pool", .attributes = window_rules(), .feature = 15}, pool_shape, pool_flow},
          {{.name = "avg_pool", .attributes = average, .feature = 16}, pool_shape, pool_flow},
          {{.name = "global_avg_pool", .feature = 17}, global_pool_shape, global_pool_flow},
          {{.name = "global_max_pool"}, global_pool_shape, global_pool_flow},
          {{.name = "mean", .attributes = {axis_rule()}}, mean_shape, mean_flow}};
}

}  // namespace weightloom
