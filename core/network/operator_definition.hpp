#pragma once
// What this module knows of an operator besides its rule (weightloom/network/operators.hpp): which shape it produces,
// what it costs and how channel axes flow through it.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "axis_classes.hpp"
#include "json_view.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/network/operators.hpp"

namespace weightloom {

// A node with the shapes of everything that it reads.
struct NodeShapes {
  const NodeSpec& node;
  std::string path;  // for messages
  std::vector<Shape> inputs;
  std::vector<std::pair<std::string_view, Shape>> parameters;  // key -> declared shape

  const Shape& input() const { return inputs.front(); }
  const Shape* parameter(std::string_view key) const;
  std::int64_t integer(std::string_view attribute) const;
  // Of one number: a list of it.
  std::vector<std::int64_t> integers(std::string_view attribute) const;
  double number(std::string_view attribute) const;
  bool flag(std::string_view attribute) const;
  // Throws "description.shape" unless the first input has one of these ranks.
  void expect_rank(std::initializer_list<std::size_t> ranks) const;
  // Throws "description.shape" unless the parameter under `key` has the shape `pattern` (-1 fits any size). An absent
  // parameter fits.
  void expect_parameter(std::string_view key, const Shape& pattern) const;
  // The attribute as an axis of a value of this rank.
  std::size_t axis(std::string_view attribute, std::size_t rank) const;
};

// A node with the factorised axes of everything that it touches.
struct NodeAxes {
  const NodeSpec& node;
  std::vector<std::vector<Axis>> inputs;
  std::vector<std::pair<std::string_view, std::vector<Axis>>> parameters;
  std::vector<Axis> output;

  const std::vector<Axis>& input() const { return inputs.front(); }
  // The axes of the parameter under `key`, empty without one.
  std::span<const Axis> parameter(std::string_view key) const;
};

struct OperatorDefinition {
  OperatorRule rule;
  Shape (*shape)(const NodeShapes&);  // checks input and parameter shapes, returns the output's
  void (*flow)(const NodeAxes&, AxisClasses&);
  // Multiply-adds of one sample as factors, null for operators that are not products of matrices.
  std::vector<std::int64_t> (*products)(const NodeShapes&, const Shape& output) = nullptr;
};

// REQUIRES a name that find_operator() knows.
const OperatorDefinition& operator_definition(std::string_view name);

}  // namespace weightloom
