#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

// Shapes are aligned at their ends; a dimension of 1 is repeated as often as the others say.
Shape broadcast_shape(const NodeShapes& n) {
  Shape shape;
  for (const auto& input : n.inputs) {
    if (input.size() > shape.size()) shape.insert(shape.begin(), input.size() - shape.size(), 1);
    for (std::size_t i = 1; i <= input.size(); ++i) {
      auto& whole = shape[shape.size() - i];
      const auto size = input[input.size() - i];
      if (size != 1 && whole != 1 && size != whole)
        refuse("shape", n.path,
               "expected inputs of one shape, or with dimensions of 1 that are repeated, found " +
                   to_string(n.input()) + " and " + to_string(input));
      whole = std::max(whole, size);
    }
  }
  return shape;
}

Shape softmax_shape(const NodeShapes& n) {
  n.axis("axis", n.input().size());
  return n.input();
}

Shape clamp_shape(const NodeShapes& n) {
  if (n.number("least") > n.number("most"))
    refuse("attribute", n.path + ".attributes", "expected 'least' to be at most 'most'");
  return n.input();
}

Shape affine_shape(const NodeShapes& n) {
  const auto axis = n.axis("axis", n.input().size());
  for (auto key : {"scale", "shift"}) n.expect_parameter(key, {n.input()[axis]});
  return n.input();
}

void affine_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift"}, n.output[n.node.attributes.at("axis").get<std::size_t>()], classes);
}

Shape prelu_shape(const NodeShapes& n) {
  const auto& slope = *n.parameter("slope");
  if (slope != Shape{1}) n.expect_parameter("slope", {n.input()[0]});
  return n.input();
}

void prelu_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  if (const auto& slope = n.parameter("slope")[0]; !slope.empty()) classes.join(slope, n.output[0]);
}

OperatorDefinition activation(std::string_view name, std::optional<std::size_t> feature = {},
                              std::vector<AttributeRule> attributes = {}) {
  return {{.name = name, .attributes = std::move(attributes), .feature = feature}, same_shape, elementwise_flow};
}

OperatorDefinition fold(std::string_view name, std::size_t feature) {
  return {{.name = name, .least_inputs = 2, .most_inputs = kManyInputs, .feature = feature},
          broadcast_shape,
          elementwise_flow};
}

// Keeps what a head computed, up to its scale. Without a feature: networks that differ in it alone look alike to a
// generator.
OperatorDefinition passing(std::string_view name, AttributeRule attribute,
                           Shape (*shape)(const NodeShapes&) = same_shape) {
  return {{.name = name, .attributes = {std::move(attribute)}, .keeps_head = true}, shape, elementwise_flow};
}

}  // namespace

std::vector<OperatorDefinition> elementwise_operators() {
  const auto number = [](std::string_view name, Json fallback = nullptr) {
    return AttributeRule{name, Kind::kNumber, -kMostNumber, kMostNumber, std::move(fallback)};
  };
  return {
      fold("add", 6),
      fold("mul", 7),
      activation("relu", 9),
      activation("gelu", 10,
                 {{.name = "approximate", .kind = Kind::kChoice, .fallback = "none", .options = {"none", "tanh"}}}),
      activation("silu", 11),
      activation("tanh", 12),
      activation("sigmoid", 13),
      activation("hardswish", 14),
      activation("relu6"),
      activation("hardsigmoid"),
      activation("softplus"),
      activation("mish"),
      activation("leaky_relu", {}, {number("slope", 0.01)}),
      activation("elu", {}, {number("alpha", 1.0)}),
      {{.name = "clamp", .attributes = {number("least"), number("most")}}, clamp_shape, elementwise_flow},
      {{.name = "prelu", .parameters = {{"slope", Role::kScale}}}, prelu_shape, prelu_flow},
      {{.name = "affine", .parameters = {kScaleRule, {"shift", Role::kShift, false}}, .attributes = {axis_rule()}},
       affine_shape,
       affine_flow},
      passing("scale", number("factor")),
      passing("dropout", {"rate", Kind::kNumber, 0, 1}),
      passing("stochastic_depth", {"rate", Kind::kNumber, 0, 1}),
      passing("softmax", axis_rule(), softmax_shape),
  };
}

}  // namespace weightloom
