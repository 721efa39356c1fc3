#pragma once
// What the definitions of several families share: limits, frequent rules, and how axes flow in the plain cases.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "../operator_definition.hpp"

namespace weightloom {

inline constexpr std::size_t kManyInputs = 4096;
inline constexpr double kMostExtent = 1 << 20;  // of kernels, strides, paddings
inline constexpr double kMostInteger = std::numeric_limits<std::int32_t>::max();
inline constexpr double kMostNumber = 1e30;
inline constexpr std::size_t kMostListed = 8;

inline const ParameterRule kWeightRule{"weight", Role::kWeight, true, 0};
inline const ParameterRule kBiasRule{"bias", Role::kBias, false, 0};
inline const ParameterRule kScaleRule{"scale", Role::kScale};
inline const ParameterRule kShiftRule{"shift", Role::kShift};

inline AttributeRule epsilon_rule(double fallback = 1e-5) {
  return {"eps", AttributeRule::Kind::kNumber, 0, 1, fallback};
}
inline AttributeRule axis_rule() {
  return {"axis", AttributeRule::Kind::kInteger, 0, kMostListed - 1};
}
inline AttributeRule flag_rule(std::string_view name, bool fallback) {
  return {name, AttributeRule::Kind::kBoolean, 0, 0, fallback};
}

inline Shape same_shape(const NodeShapes& n) {
  return n.input();
}

// How often a window of `reach` fits. Throws where it does not fit once.
inline std::int64_t window_count(const NodeShapes& n, std::int64_t size, std::int64_t reach, std::int64_t stride,
                                 std::int64_t padding) {
  const auto padded = size + 2 * padding;
  if (padded < reach)
    refuse("shape", n.path,
           "expected an image at least as large as the window of " + std::to_string(reach) + ", found " +
               std::to_string(padded) + " with padding");
  return (padded - reach) / stride + 1;
}

inline void expect_division(const NodeShapes& n, std::string_view what, std::int64_t divisor, std::string_view whole,
                            std::int64_t count) {
  if (count % divisor != 0)
    refuse("shape", n.path,
           "expected " + std::string(what) + " to divide the " + std::to_string(count) + " " + std::string(whole) +
               ", found " + std::to_string(divisor));
}

// Joins the first axes of the parameters under `keys` with `axis`.
inline void join_vectors(const NodeAxes& n, std::initializer_list<std::string_view> keys, const Axis& axis,
                         AxisClasses& classes) {
  for (auto key : keys)
    if (const auto vector = n.parameter(key); !vector.empty()) classes.join(vector[0], axis);
}

// Every input has the output's axes, aligned from the last one; an axis of length 1 stands beside any.
inline void elementwise_flow(const NodeAxes& n, AxisClasses& classes) {
  for (const auto& input : n.inputs)
    for (std::size_t i = 0; i < input.size(); ++i)
      if (const auto& axis = input[input.size() - 1 - i]; !axis.empty())
        classes.join(n.output[n.output.size() - 1 - i], axis);
}

// Output and input are the same but for `axis`, which stays as it is in both.
inline void fixed_axis_flow(const NodeAxes& n, std::size_t axis, AxisClasses& classes) {
  for (const auto& input : n.inputs)
    for (std::size_t i = 0; i < input.size(); ++i)
      i == axis ? classes.fix(input[i]) : classes.join(n.output[i], input[i]);
  classes.fix(n.output[axis]);
}

}  // namespace weightloom
