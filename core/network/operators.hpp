#pragma once
// The table of operators: what each one reads, what its attributes mean, which shape it produces, what it costs and how
// channel axes flow through it. The only place that knows operators by name within this module.

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axis_classes.hpp"
#include "json_view.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

// A node with the shapes of everything that it reads.
struct NodeShapes {
  const NodeSpec& node;
  std::string path;  // for messages
  std::vector<Shape> inputs;
  std::vector<std::pair<std::string_view, Shape>> parameters;  // slot -> declared shape

  const Shape& input() const { return inputs.front(); }
  const Shape* parameter(std::string_view slot) const;
  std::int64_t integer(std::string_view attribute) const;
  std::vector<std::int64_t> integers(std::string_view attribute) const;
  // Throws "description.shape" unless the first input has one of these ranks.
  void expect_rank(std::initializer_list<std::size_t> ranks) const;
  // Throws "description.shape" unless the parameter in `slot` has the shape `pattern` (-1 fits any size). An absent
  // parameter fits.
  void expect_parameter(std::string_view slot, const Shape& pattern) const;
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
  // The axes of the parameter in `slot`, empty without one.
  std::span<const Axis> parameter(std::string_view slot) const;
};

struct SlotRule {
  std::string_view name;
  Role role;
  bool required = true;
  bool produces = false;  // its first axis is an output axis of the node (SymmetryMember::produces)
};

struct AttributeRule {
  enum class Kind { kInteger, kNumber, kPair, kIntegers };
  std::string_view name;
  Kind kind;
  double least = 0, most = 0;           // inclusive
  Json fallback = nullptr;              // null: required
  std::string_view fallback_from = {};  // the attribute whose value is the default
};

struct OperatorRule {
  std::string_view name;
  std::size_t least_inputs, most_inputs;
  std::vector<SlotRule> slots;
  std::vector<AttributeRule> attributes;
  Shape (*shape)(const NodeShapes&);  // checks input and parameter shapes, returns the output's
  void (*flow)(const NodeAxes&, AxisClasses&);
  // Multiply-adds of one sample as factors, empty for operators that are not products of matrices.
  std::vector<std::int64_t> (*products)(const NodeShapes&, const Shape& output) = nullptr;

  const SlotRule* slot(std::string_view slot_name) const;
};

// nullptr for an unknown name.
const OperatorRule* find_operator(std::string_view name);
std::vector<std::string> operator_names();

}  // namespace weightloom
