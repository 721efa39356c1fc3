#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

// Grouped convolution over the dimensions that follow the channels.
Shape convolution_shape(const NodeShapes& n, std::size_t dimensions) {
  n.expect_rank({1 + dimensions});
  const auto groups = n.integer("groups"), channels = n.input()[0];
  const auto stride = n.integers("stride"), padding = n.integers("padding"), dilation = n.integers("dilation");
  expect_division(n, "groups", groups, "input channels", channels);
  Shape pattern(2 + dimensions, -1);
  pattern[1] = channels / groups;
  n.expect_parameter("weight", pattern);
  const auto& weight = *n.parameter("weight");
  expect_division(n, "groups", groups, "output channels", weight[0]);
  n.expect_parameter("bias", {weight[0]});
  Shape shape{weight[0]};
  for (std::size_t d = 0; d < dimensions; ++d)
    shape.push_back(window_count(n, n.input()[1 + d], dilation[d] * (weight[2 + d] - 1) + 1, stride[d], padding[d]));
  return shape;
}

Shape conv_transpose2d_shape(const NodeShapes& n) {
  n.expect_rank({3});
  const auto groups = n.integer("groups"), channels = n.input()[0];
  const auto stride = n.integers("stride"), padding = n.integers("padding"), dilation = n.integers("dilation"),
             more = n.integers("output_padding");
  expect_division(n, "groups", groups, "input channels", channels);
  n.expect_parameter("weight", {channels, -1, -1, -1});
  const auto& weight = *n.parameter("weight");
  const auto outputs = weight[1] * groups;
  n.expect_parameter("bias", {outputs});
  Shape shape{outputs};
  for (std::size_t d = 0; d < 2; ++d) {
    if (more[d] >= std::max(stride[d], dilation[d]))
      refuse("attribute", n.path + ".attributes.output_padding",
             "expected less than the stride or the dilation, found " + std::to_string(more[d]));
    const auto size =
        (n.input()[1 + d] - 1) * stride[d] - 2 * padding[d] + dilation[d] * (weight[2 + d] - 1) + more[d] + 1;
    if (size < 1)
      refuse("shape", n.path, "expected padding that leaves an image, found that " + std::to_string(size) + " is left");
    shape.push_back(size);
  }
  return shape;
}

std::vector<std::int64_t> convolution_products(const NodeShapes& n, const Shape& output) {
  auto factors = output;
  const auto& weight = *n.parameter("weight");
  factors.insert(factors.end(), weight.begin() + 1, weight.end());
  return factors;
}

std::vector<std::int64_t> conv_transpose2d_products(const NodeShapes& n, const Shape&) {
  return convolution_products(n, n.input());
}

void fix_places(const NodeAxes& n, AxisClasses& classes) {
  for (const auto* axes : {&n.input(), &n.output})
    for (std::size_t i = 1; i < axes->size(); ++i) classes.fix((*axes)[i]);
  const auto weight = n.parameter("weight");
  for (std::size_t i = 2; i < weight.size(); ++i) classes.fix(weight[i]);
}

// Groups can change places as a whole, and the channels inside where they do so in every group alike. With one channel
// a group these are the channels themselves.
void convolution_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto weight = n.parameter("weight");
  join_vectors(n, {"weight", "bias"}, n.output[0], classes);
  const auto groups = n.node.attributes.at("groups").get<std::int64_t>();
  const auto [read, inside] = classes.cut(n.input()[0], groups);
  classes.join(weight[1], inside);
  classes.join(read, classes.cut(n.output[0], groups).first);
  fix_places(n, classes);
}

void conv_transpose2d_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto weight = n.parameter("weight");
  classes.join(weight[0], n.input()[0]);
  join_vectors(n, {"bias"}, n.output[0], classes);
  const auto groups = n.node.attributes.at("groups").get<std::int64_t>();
  const auto [written, inside] = classes.cut(n.output[0], groups);
  classes.join(weight[1], inside);
  classes.join(written, classes.cut(n.input()[0], groups).first);
  fix_places(n, classes);
}

std::vector<AttributeRule> window_rules(Kind kind, std::size_t dimensions) {
  const auto all = [&](int value) { return dimensions == 1 ? Json(value) : Json(std::vector<int>(dimensions, value)); };
  return {{"stride", kind, 1, kMostExtent, all(1)},
          {"padding", kind, 0, kMostExtent, all(0)},
          {"dilation", kind, 1, kMostExtent, all(1)},
          {"groups", Kind::kInteger, 1, kMostInteger, 1}};
}

template <std::size_t dimensions>
OperatorDefinition convolution(std::string_view name, Kind kind, std::optional<std::size_t> feature) {
  return {{.name = name,
           .parameters = {kWeightRule, kBiasRule},
           .attributes = window_rules(kind, dimensions),
           .convolution = true,
           .feature = feature},
          [](const NodeShapes& n) { return convolution_shape(n, dimensions); },
          convolution_flow,
          convolution_products};
}

}  // namespace

std::vector<OperatorDefinition> convolution_operators() {
  auto transposed = window_rules(Kind::kPair, 2);
  transposed.push_back({"output_padding", Kind::kPair, 0, kMostExtent, Json::array({0, 0})});
  return {convolution<2>("conv2d", Kind::kPair, 0),
          convolution<1>("conv1d", Kind::kInteger, std::nullopt),
          convolution<3>("conv3d", Kind::kTriple, std::nullopt),
          {{.name = "conv_transpose2d",
            .parameters = {{"weight", Role::kWeight, true, 1}, kBiasRule},
            .attributes = transposed,
            .convolution = true},
           conv_transpose2d_shape,
           conv_transpose2d_flow,
           conv_transpose2d_products}};
}

}  // namespace weightloom
