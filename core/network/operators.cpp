#include "weightloom/network/operators.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "operator_definition.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMany = 4096;
constexpr double kMostExtent = 1 << 20;  // of kernels, strides, paddings
constexpr double kMostInteger = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMostListed = 8;

using Kind = AttributeRule::Kind;

// ---- shapes ----

std::int64_t window_count(const NodeShapes& n, std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t padding, std::int64_t dilation) {
  const auto padded = size + 2 * padding, reach = dilation * (kernel - 1) + 1;
  if (padded < reach)
    refuse("shape", n.path,
           "expected an image at least as large as the window of " + std::to_string(reach) + ", found " +
               std::to_string(padded) + " with padding");
  return (padded - reach) / stride + 1;
}

Shape conv2d_shape(const NodeShapes& n) {
  n.expect_rank({3});
  const auto groups = n.integer("groups"), channels = n.input()[0];
  const auto stride = n.integers("stride"), padding = n.integers("padding"), dilation = n.integers("dilation");
  if (channels % groups != 0)
    refuse("shape", n.path,
           "expected groups to divide the " + std::to_string(channels) + " input channels, found " +
               std::to_string(groups));
  n.expect_parameter("weight", {-1, channels / groups, -1, -1});
  const auto& weight = *n.parameter("weight");
  if (weight[0] % groups != 0)
    refuse("shape", n.path,
           "expected groups to divide the " + std::to_string(weight[0]) + " output channels, found " +
               std::to_string(groups));
  n.expect_parameter("bias", {weight[0]});
  return {weight[0], window_count(n, n.input()[1], weight[2], stride[0], padding[0], dilation[0]),
          window_count(n, n.input()[2], weight[3], stride[1], padding[1], dilation[1])};
}

Shape linear_shape(const NodeShapes& n) {
  n.expect_parameter("weight", {-1, n.input().back()});
  const auto out = n.parameter("weight")->front();
  n.expect_parameter("bias", {out});
  auto shape = n.input();
  shape.back() = out;
  return shape;
}

Shape batch_norm_shape(const NodeShapes& n) {
  n.expect_rank({1, 3});
  for (auto key : {"scale", "shift", "running_mean", "running_var"}) n.expect_parameter(key, {n.input()[0]});
  return n.input();
}

Shape layer_norm_shape(const NodeShapes& n) {
  for (auto key : {"scale", "shift"}) n.expect_parameter(key, {n.input().back()});
  return n.input();
}

Shape group_norm_shape(const NodeShapes& n) {
  n.expect_rank({3});
  const auto groups = n.integer("groups"), channels = n.input()[0];
  if (channels % groups != 0)
    refuse("shape", n.path,
           "expected groups to divide the " + std::to_string(channels) + " channels, found " + std::to_string(groups));
  for (auto key : {"scale", "shift"}) n.expect_parameter(key, {channels});
  return n.input();
}

Shape attention_shape(const NodeShapes& n) {
  n.expect_rank({2});
  const auto& query = n.inputs[0];
  const auto &key = n.inputs[1], &value = n.inputs[2];
  if (key.size() != 2 || key[1] != query[1] || value != key)
    refuse("shape", n.path,
           "expected query, key and value of one width, key and value of one length, found " + to_string(query) + ", " +
               to_string(key) + " and " + to_string(value));
  if (query[1] % n.integer("heads") != 0)
    refuse("shape", n.path,
           "expected heads to divide the width " + std::to_string(query[1]) + ", found " +
               std::to_string(n.integer("heads")));
  return query;
}

Shape same_shape(const NodeShapes& n) {
  return n.input();
}

Shape elementwise_shape(const NodeShapes& n) {
  for (const auto& other : n.inputs)
    if (other != n.input())
      refuse("shape", n.path,
             "expected inputs of one shape, found " + to_string(n.input()) + " and " + to_string(other));
  return n.input();
}

Shape softmax_shape(const NodeShapes& n) {
  n.axis("axis", n.input().size());
  return n.input();
}

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

Shape pool_shape(const NodeShapes& n) {
  n.expect_rank({3});
  const auto kernel = n.integers("kernel"), stride = n.integers("stride"), padding = n.integers("padding");
  for (std::size_t i = 0; i < 2; ++i)
    if (2 * padding[i] > kernel[i])
      refuse("shape", n.path,
             "expected padding of at most half the kernel " + std::to_string(kernel[i]) + ", found " +
                 std::to_string(padding[i]));
  return {n.input()[0], window_count(n, n.input()[1], kernel[0], stride[0], padding[0], 1),
          window_count(n, n.input()[2], kernel[1], stride[1], padding[1], 1)};
}

Shape global_avg_pool_shape(const NodeShapes& n) {
  n.expect_rank({3});
  return {n.input()[0]};
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

Shape prepend_token_shape(const NodeShapes& n) {
  n.expect_rank({2});
  n.expect_parameter("token", {n.input()[1]});
  return {n.input()[0] + 1, n.input()[1]};
}

Shape add_position_shape(const NodeShapes& n) {
  n.expect_rank({2});
  n.expect_parameter("position", n.input());
  return n.input();
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

// ---- cost ----

std::vector<std::int64_t> conv2d_products(const NodeShapes& n, const Shape& output) {
  const auto& weight = *n.parameter("weight");
  return {output[0], output[1], output[2], weight[1], weight[2], weight[3]};
}

std::vector<std::int64_t> linear_products(const NodeShapes& n, const Shape& output) {
  return {element_count(output), n.input().back()};
}

std::vector<std::int64_t> attention_products(const NodeShapes& n, const Shape& output) {
  return {2, element_count(output), n.inputs[1][0]};
}

// ---- flow of axes ----

void join_all(const std::vector<Axis>& a, const std::vector<Axis>& b, AxisClasses& classes) {
  for (std::size_t i = 0; i < a.size(); ++i) classes.join(a[i], b[i]);
}

// Joins the first axes of the parameters under `keys` with `axis`.
void join_vectors(const NodeAxes& n, std::initializer_list<std::string_view> keys, const Axis& axis,
                  AxisClasses& classes) {
  for (auto key : keys)
    if (const auto vector = n.parameter(key); !vector.empty()) classes.join(vector[0], axis);
}

Axis concatenated(const std::vector<Axis>& axes) {
  Axis all;
  for (const auto& axis : axes) all.insert(all.end(), axis.begin(), axis.end());
  return all;
}

void elementwise_flow(const NodeAxes& n, AxisClasses& classes) {
  for (const auto& input : n.inputs) join_all(n.output, input, classes);
}

void conv2d_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto weight = n.parameter("weight");
  join_vectors(n, {"weight", "bias"}, n.output[0], classes);
  // Groups can change places as a whole, and the channels inside where they do so in every group alike. With one
  // channel a group these are the channels themselves.
  const auto groups = n.node.attributes.at("groups").get<std::int64_t>();
  const auto [read, inside] = classes.cut(n.input()[0], groups);
  classes.join(weight[1], inside);
  classes.join(read, classes.cut(n.output[0], groups).first);
  for (const auto* axis : {&n.input()[1], &n.input()[2], &weight[2], &weight[3], &n.output[1], &n.output[2]})
    classes.fix(*axis);
}

void linear_flow(const NodeAxes& n, AxisClasses& classes) {
  for (std::size_t i = 0; i + 1 < n.output.size(); ++i) classes.join(n.output[i], n.input()[i]);
  classes.join(n.parameter("weight")[1], n.input().back());
  join_vectors(n, {"weight", "bias"}, n.output.back(), classes);
}

void batch_norm_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift", "running_mean", "running_var"}, n.output[0], classes);
}

void layer_norm_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift"}, n.output.back(), classes);
}

// As of a grouped convolution: whole groups, and the same places inside of all.
void group_norm_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift"}, n.output[0], classes);
  classes.cut(n.output[0], n.node.attributes.at("groups").get<std::int64_t>());
}

// Heads move as blocks, and the places inside where they do so in all heads alike: the width is [heads, head width] in
// query, key, value and output. Key and value tokens are summed over, so they need to agree with each other only.
void attention_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.inputs[0][0]);
  classes.join(n.inputs[1][0], n.inputs[2][0]);
  for (const auto& input : n.inputs) classes.join(n.output[1], input[1]);
  classes.cut(n.output[1], n.node.attributes.at("heads").get<std::int64_t>());
}

// The axis along which values are put together is a sum, not a product of factors.
void concat_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto axis = n.node.attributes.at("axis").get<std::size_t>();
  for (const auto& input : n.inputs)
    for (std::size_t i = 0; i < input.size(); ++i)
      i == axis ? classes.fix(input[i]) : classes.join(n.output[i], input[i]);
  classes.fix(n.output[axis]);
}

void pool_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.input()[0]);
  for (std::size_t i : {1u, 2u}) {
    classes.fix(n.input()[i]);
    classes.fix(n.output[i]);
  }
}

void global_avg_pool_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.input()[0]);
}

void reshape_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(concatenated(n.output), concatenated(n.input()));
}

void permute_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto order = n.node.attributes.at("order").get<std::vector<std::size_t>>();
  for (std::size_t i = 0; i < order.size(); ++i) classes.join(n.output[i], n.input()[order[i]]);
}

void prepend_token_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.fix(n.input()[0]);
  classes.fix(n.output[0]);
  classes.join(n.output[1], n.input()[1]);
  join_vectors(n, {"token"}, n.output[1], classes);
}

void add_position_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  classes.fix(n.output[0]);
  for (std::size_t i = 0; i < 2; ++i) classes.join(n.parameter("position")[i], n.output[i]);
}

void select_flow(const NodeAxes& n, AxisClasses& classes) {
  auto kept = n.input();
  const auto axis = n.node.attributes.at("axis").get<std::ptrdiff_t>();
  classes.fix(kept[static_cast<std::size_t>(axis)]);
  kept.erase(kept.begin() + axis);
  join_all(n.output, kept, classes);
}

// ---- the table ----

const ParameterRule kWeight{"weight", Role::kWeight, true, true};
const ParameterRule kBias{"bias", Role::kBias, false, true};
const ParameterRule kScale{"scale", Role::kScale};
const ParameterRule kShift{"shift", Role::kShift};

AttributeRule epsilon() {
  return {"eps", Kind::kNumber, 0, 1, 1e-5};
}
AttributeRule axis_attribute() {
  return {"axis", Kind::kInteger, 0, kMostListed - 1};
}

OperatorDefinition activation(std::string_view name, std::size_t feature) {
  return {{.name = name, .feature = feature}, same_shape, elementwise_flow};
}
OperatorDefinition elementwise(std::string_view name, std::size_t feature) {
  return {
      {.name = name, .least_inputs = 2, .most_inputs = kMany, .feature = feature}, elementwise_shape, elementwise_flow};
}
OperatorDefinition pool(std::string_view name, std::size_t feature) {
  return {{.name = name,
           .attributes = {{"kernel", Kind::kPair, 1, kMostExtent},
                          {"stride", Kind::kPair, 1, kMostExtent, nullptr, "kernel"},
                          {"padding", Kind::kPair, 0, kMostExtent, Json::array({0, 0})}},
           .feature = feature},
          pool_shape,
          pool_flow};
}

std::vector<OperatorDefinition> make_definitions() {
  return {
      {{.name = "conv2d",
        .parameters = {kWeight, kBias},
        .attributes = {{"stride", Kind::kPair, 1, kMostExtent, Json::array({1, 1})},
                       {"padding", Kind::kPair, 0, kMostExtent, Json::array({0, 0})},
                       {"dilation", Kind::kPair, 1, kMostExtent, Json::array({1, 1})},
                       {"groups", Kind::kInteger, 1, kMostInteger, 1}},
        .convolution = true,
        .feature = 0},
       conv2d_shape,
       conv2d_flow,
       conv2d_products},
      {{.name = "linear", .parameters = {kWeight, kBias}, .is_head = true, .feature = 1},
       linear_shape,
       linear_flow,
       linear_products},
      {{.name = "batch_norm",
        .parameters = {kScale, kShift, {"running_mean", Role::kRunningMean}, {"running_var", Role::kRunningVar}},
        .attributes = {epsilon(), {"momentum", Kind::kNumber, 0, 1, 0.1}},
        .feature = 2},
       batch_norm_shape,
       batch_norm_flow},
      {{.name = "layer_norm", .parameters = {kScale, kShift}, .attributes = {epsilon()}, .feature = 3},
       layer_norm_shape,
       layer_norm_flow},
      {{.name = "group_norm",
        .parameters = {kScale, kShift},
        .attributes = {{"groups", Kind::kInteger, 1, kMostInteger}, epsilon()},
        .feature = 4},
       group_norm_shape,
       group_norm_flow},
      {{.name = "attention",
        .least_inputs = 3,
        .most_inputs = 3,
        .attributes = {{"heads", Kind::kInteger, 1, kMostInteger}},
        .feature = 5},
       attention_shape,
       attention_flow,
       attention_products},
      elementwise("add", 6),
      elementwise("mul", 7),
      {{.name = "concat", .least_inputs = 2, .most_inputs = kMany, .attributes = {axis_attribute()}, .feature = 8},
       concat_shape,
       concat_flow},
      activation("relu", 9),
      activation("gelu", 10),
      activation("silu", 11),
      activation("tanh", 12),
      activation("sigmoid", 13),
      activation("hardswish", 14),
      // The three without a feature: networks that differ in them alone look alike to a generator.
      {{.name = "scale", .attributes = {{"factor", Kind::kNumber, -1e30, 1e30}}, .keeps_head = true},
       same_shape,
       elementwise_flow},
      {{.name = "dropout", .attributes = {{"rate", Kind::kNumber, 0, 1}}, .keeps_head = true},
       same_shape,
       elementwise_flow},
      {{.name = "softmax", .attributes = {axis_attribute()}, .keeps_head = true}, softmax_shape, elementwise_flow},
      pool("max_pool", 15),
      pool("avg_pool", 16),
      {{.name = "global_avg_pool", .feature = 17}, global_avg_pool_shape, global_avg_pool_flow},
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
      {{.name = "prepend_token", .parameters = {{"token", Role::kClassToken, true, true}}, .feature = 21},
       prepend_token_shape,
       prepend_token_flow},
      {{.name = "add_position", .parameters = {{"position", Role::kPosition, true, true}}, .feature = 22},
       add_position_shape,
       add_position_flow},
      {{.name = "select", .attributes = {axis_attribute(), {"index", Kind::kInteger, 0, kMostInteger}}, .feature = 23},
       select_shape,
       select_flow},
  };
}

const std::vector<OperatorDefinition>& definitions() {
  static const auto table = make_definitions();
  return table;
}

const OperatorDefinition* find_definition(std::string_view name) {
  for (const auto& definition : definitions())
    if (definition.rule.name == name) return &definition;
  return nullptr;
}

}  // namespace

const Shape* NodeShapes::parameter(std::string_view key) const {
  for (const auto& [name, shape] : parameters)
    if (name == key) return &shape;
  return nullptr;
}

std::int64_t NodeShapes::integer(std::string_view attribute) const {
  return node.attributes.at(std::string(attribute)).get<std::int64_t>();
}

std::vector<std::int64_t> NodeShapes::integers(std::string_view attribute) const {
  return node.attributes.at(std::string(attribute)).get<std::vector<std::int64_t>>();
}

void NodeShapes::expect_rank(std::initializer_list<std::size_t> ranks) const {
  if (std::find(ranks.begin(), ranks.end(), input().size()) != ranks.end()) return;
  std::string wanted;
  for (auto rank : ranks) wanted += (wanted.empty() ? "" : " or ") + std::to_string(rank);
  refuse("shape", path, "expected an input of rank " + wanted + ", found " + to_string(input()));
}

void NodeShapes::expect_parameter(std::string_view key, const Shape& pattern) const {
  const auto* shape = parameter(key);
  if (!shape) return;
  bool fits = shape->size() == pattern.size();
  for (std::size_t i = 0; fits && i < pattern.size(); ++i) fits = pattern[i] < 0 || pattern[i] == (*shape)[i];
  if (fits) return;
  std::string wanted;
  for (auto dim : pattern)
    wanted += (wanted.empty() ? "" : ", ") + (dim < 0 ? std::string("any") : std::to_string(dim));
  refuse("shape", path + ".parameters." + std::string(key),
         "expected '" + *node.parameter(key) + "' of shape [" + wanted + "], found " + to_string(*shape));
}

std::size_t NodeShapes::axis(std::string_view attribute, std::size_t rank) const {
  const auto axis = static_cast<std::size_t>(integer(attribute));
  if (axis >= rank)
    refuse("attribute", path + ".attributes." + std::string(attribute),
           "expected an axis below the rank " + std::to_string(rank) + ", found " + std::to_string(axis));
  return axis;
}

std::span<const Axis> NodeAxes::parameter(std::string_view key) const {
  for (const auto& [name, axes] : parameters)
    if (name == key) return axes;
  return {};
}

const ParameterRule* OperatorRule::parameter(std::string_view key) const {
  for (const auto& rule : parameters)
    if (rule.key == key) return &rule;
  return nullptr;
}

const OperatorRule* find_operator(std::string_view name) {
  const auto* definition = find_definition(name);
  return definition ? &definition->rule : nullptr;
}

const OperatorDefinition& operator_definition(std::string_view name) {
  return *find_definition(name);
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const auto& definition : definitions()) names.emplace_back(definition.rule.name);
  return names;
}

}  // namespace weightloom
