#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

Shape batch_norm_shape(const NodeShapes& n) {
  n.expect_rank({1, 2, 3, 4});
  for (auto key : {"scale", "shift", "running_mean", "running_var"}) n.expect_parameter(key, {n.input()[0]});
  return n.input();
}

Shape last_axis_shape(const NodeShapes& n) {
  for (auto key : {"scale", "shift"}) n.expect_parameter(key, {n.input().back()});
  return n.input();
}

Shape group_norm_shape(const NodeShapes& n) {
  n.expect_rank({3});
  expect_division(n, "groups", n.integer("groups"), "channels", n.input()[0]);
  for (auto key : {"scale", "shift"}) n.expect_parameter(key, {n.input()[0]});
  return n.input();
}

void batch_norm_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift", "running_mean", "running_var"}, n.output[0], classes);
}

void last_axis_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift"}, n.output.back(), classes);
}

// As of a grouped convolution: whole groups, and the same places inside of all.
void group_norm_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  join_vectors(n, {"scale", "shift"}, n.output[0], classes);
  classes.cut(n.output[0], n.node.attributes.at("groups").get<std::int64_t>());
}

}  // namespace

std::vector<OperatorDefinition> normalisation_operators() {
  return {
      {{.name = "batch_norm",
        .parameters =
            {kScaleRule, kShiftRule, {"running_mean", Role::kRunningMean}, {"running_var", Role::kRunningVar}},
        .attributes = {epsilon_rule(), {"momentum", Kind::kNumber, 0, 1, 0.1}},
        .feature = 2},
       batch_norm_shape,
       batch_norm_flow},
      {{.name = "layer_norm", .parameters = {kScaleRule, kShiftRule}, .attributes = {epsilon_rule()}, .feature = 3},
       last_axis_shape,
       last_axis_flow},
      {{.name = "group_norm",
        .parameters = {kScaleRule, kShiftRule},
        .attributes = {{"groups", Kind::kInteger, 1, kMostInteger}, epsilon_rule()},
        .feature = 4},
       group_norm_shape,
       group_norm_flow},
      {{.name = "rms_norm", .parameters = {kScaleRule}, .attributes = {epsilon_rule()}},
       last_axis_shape,
       last_axis_flow},
  };
}

}  // namespace weightloom
