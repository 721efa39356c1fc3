#include <numeric>

#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

constexpr double kMostConstants = 1 << 20;

Shape concat_shape(const NodeShapes& n) {
  auto shape = n.input();
  const auto axis = n.axis("axis", shape.size());
  for (std::size_t i = 1; i < n.inputs.size(); ++i) {
    auto other = n.inputs[i];
    bool fits = other.size() == shape.size();
    for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = d == axis || other[d] == shape[d];
    if (!fits)
      refuse("shape", n.path,
             "expected inputs that differ along axis " + std::to_string(axis) + " only, found " + to_string(n.input()) +
                 " and " + to_string(other));
    shape[axis] += other[axis];
  }
  return shape;
}

// The axis along which values are put together is a sum, not a product of factors.
void along_axis_flow(const NodeAxes& n, AxisClasses& classes) {
  fixed_axis_flow(n, n.node.attributes.at("axis").get<std::size_t>(), classes);
}

Shape slice_shape(const NodeShapes& n) {
  auto shape = n.input();
  const auto axis = n.axis("axis", shape.size());
  const auto start = n.integer("start"), stop = n.integer("stop"), step = n.integer("step");
  if (start >= stop || stop > shape[axis])
    refuse("attribute", n.path + ".attributes",
           "expected a start before the stop, and a stop of at most " + std::to_string(shape[axis]) + ", found " +
               std::to_string(start) + " and " + std::to_string(stop));
  shape[axis] = (stop - start + step - 1) / step;
  return shape;
}

Shape pad_shape(const NodeShapes& n) {
  auto shape = n.input();
  const auto before = n.integers("before"), after = n.integers("after");
  if (before.size() != shape.size() || after.size() != shape.size())
    refuse("attribute", n.path + ".attributes",
           "expected 'before' and 'after' of " + std::to_string(shape.size()) + " numbers, one for each dimension");
  for (std::size_t i = 0; i < shape.size(); ++i) shape[i] += before[i] + after[i];
  return shape;
}

void pad_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto before = n.node.attributes.at("before").get<Shape>(), after = n.node.attributes.at("after").get<Shape>();
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] + after[i] == 0) {
      classes.join(n.output[i], n.input()[i]);
    } else {
      classes.fix(n.output[i]);
      classes.fix(n.input()[i]);
    }
  }
}

Shape resize_shape(const NodeShapes& n) {
  n.expect_rank({3});
  const auto size = n.integers("size");
  return {n.input()[0], size[0], size[1]};
}

void resize_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.input()[0]);
  for (const auto* axes : {&n.input(), &n.output})
    for (std::size_t i : {1u, 2u}) classes.fix((*axes)[i]);
}

Shape flatten_shape(const NodeShapes& n) {
  return {element_count(n.input())};
}

Shape reshape_shape(const NodeShapes& n) {
  const Shape shape = n.integers("shape");
  check_shape_limits(shape, n.path + ".attributes.shape");
  if (element_count(shape) != element_count(n.input()))
    refuse("shape", n.path,
           "expected a shape with the " + std::to_string(element_count(n.input())) + " values of " +
               to_string(n.input()) + ", found " + to_string(shape));
  return shape;
}

Axis concatenated(const std::vector<Axis>& axes) {
  Axis all;
  for (const auto& axis : axes) all.insert(all.end(), axis.begin(), axis.end());
  return all;
}

void reshape_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(concatenated(n.output), concatenated(n.input()));
}

Shape permute_shape(const NodeShapes& n) {
  const auto order = n.integers("order");
  std::vector<std::int64_t> axes(n.input().size());
  std::iota(axes.begin(), axes.end(), 0);
  if (!std::is_permutation(order.begin(), order.end(), axes.begin(), axes.end()))
    refuse("attribute", n.path + ".attributes.order",
           "expected every axis of " + to_string(n.input()) + " once, found " + to_string(order));
  Shape shape;
  for (auto axis : order) shape.push_back(n.input()[static_cast<std::size_t>(axis)]);
  return shape;
}

void permute_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto order = n.node.attributes.at("order").get<std::vector<std::size_t>>();
  for (std::size_t i = 0; i < order.size(); ++i) classes.join(n.output[i], n.input()[order[i]]);
}

Shape prepend_token_shape(const NodeShapes& n) {
  n.expect_rank({2});
  n.expect_parameter("token", {n.input()[1]});
  return {n.input()[0] + 1, n.input()[1]};
}

void prepend_token_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.fix(n.input()[0]);
  classes.fix(n.output[0]);
  classes.join(n.output[1], n.input()[1]);
  join_vectors(n, {"token"}, n.output[1], classes);
}

Shape add_position_shape(const NodeShapes& n) {
  n.expect_rank({2});
  n.expect_parameter("position", n.input());
  return n.input();
}

void add_position_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  classes.fix(n.output[0]);
  for (std::size_t i = 0; i < 2; ++i) classes.join(n.parameter("position")[i], n.output[i]);
}

Shape select_shape(const NodeShapes& n) {
  auto shape = n.input();
  const auto axis = n.axis("axis", shape.size());
  if (n.integer("index") >= shape[axis])
    refuse("attribute", n.path + ".attributes.index",
           "expected an index below " + std::to_string(shape[axis]) + ", found " + std::to_string(n.integer("index")));
  if (shape.size() == 1) refuse("shape", n.path, "expected an input of rank 2 or more, found " + to_string(shape));
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return shape;
}

void select_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto axis = n.node.attributes.at("axis").get<std::size_t>();
  classes.fix(n.input()[axis]);
  for (std::size_t i = 0; i < n.output.size(); ++i) classes.join(n.output[i], n.input()[i < axis ? i : i + 1]);
}

Shape constant_shape(const NodeShapes& n) {
  const Shape shape = n.integers("shape");
  check_shape_limits(shape, n.path + ".attributes.shape");
  const auto values = static_cast<std::int64_t>(n.node.attributes.at("values").size());
  if (values != 1 && values != element_count(shape))
    refuse("attribute", n.path + ".attributes.values",
           "expected one value, or the " + std::to_string(element_count(shape)) + " values of " + to_string(shape) +
               ", found " + std::to_string(values));
  return shape;
}

void constant_flow(const NodeAxes& n, AxisClasses& classes) {
  if (n.node.attributes.at("values").size() > 1)
    for (const auto& axis : n.output) classes.fix(axis);
}

}  // namespace

std::vector<OperatorDefinition> layout_operators() {
  const auto integer = [](std::string_view name, double least, Json fallback = nullptr) {
    return AttributeRule{name, Kind::kInteger, least, kMostInteger, std::move(fallback)};
  };
  return {
      {{.name = "concat", .least_inputs = 2, .most_inputs = kManyInputs, .attributes = {axis_rule()}, .feature = 8},
       concat_shape,
       along_axis_flow},
      {{.name = "slice", .attributes = {axis_rule(), integer("start", 0), integer("stop", 1), integer("step", 1, 1)}},
       slice_shape,
       along_axis_flow},
      {{.name = "pad",
        .attributes = {{"before", Kind::kIntegers, 0, kMostExtent},
                       {"after", Kind::kIntegers, 0, kMostExtent},
                       {"value", Kind::kNumber, -3.4e38, 3.4e38, 0.0}}},
       pad_shape,
       pad_flow},
      {{.name = "resize",
        .attributes =
            {{"size", Kind::kPair, 1, kMostExtent},
             {.name = "mode", .kind = Kind::kChoice, .fallback = "nearest", .options = {"nearest", "bilinear"}},
             flag_rule("align_corners", false)}},
       resize_shape,
       resize_flow},
      {{.name = "flatten", .keeps_head = true, .feature = 18}, flatten_shape, reshape_flow},
      {{.name = "reshape",
        .attributes = {{"shape", Kind::kIntegers, 1, kMostInteger}},
        .keeps_head = true,
        .feature = 19},
       reshape_shape,
       reshape_flow},
      {{.name = "permute", .attributes = {{"order", Kind::kIntegers, 0, kMostListed - 1}}, .feature = 20},
       permute_shape,
       permute_flow},
      {{.name = "prepend_token", .parameters = {{"token", Role::kClassToken, true, 0}}, .feature = 21},
       prepend_token_shape,
       prepend_token_flow},
      {{.name = "add_position", .parameters = {{"position", Role::kPosition, true, 1}}, .feature = 22},
       add_position_shape,
       add_position_flow},
      {{.name = "select", .attributes = {axis_rule(), integer("index", 0)}, .feature = 23}, select_shape, select_flow},
      {{.name = "constant",
        .least_inputs = 0,
        .most_inputs = 0,
        .attributes = {{"shape", Kind::kIntegers, 1, kMostInteger}, {"values", Kind::kNumbers, 1, kMostConstants}}},
       constant_shape,
       constant_flow},
  };
}

}  // namespace weightloom
