#include "weightloom/network/symmetry.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "operator_definition.hpp"
#include "weightloom/network/graph.hpp"

namespace weightloom {
namespace {

// Every axis of every value and parameter, joined along the graph.
class AxisGraph {
 public:
  explicit AxisGraph(const NetworkDescription& description)
      : description_(description), facts_(analyse(description)), output_axes_(weightloom::output_axes(description)) {
    for (const auto& parameter : description.parameters) {
      indices_.emplace(parameter.name, parameters_.size());
      parameters_.push_back(make(parameter.shape));
    }
    const auto& input = values_[description.input.name] = make(description.input.shape);
    for (const auto& axis : input) classes_.fix(axis);
    for (const auto& node : description.nodes) flow(node);
    for (const auto& axis : values_.at(description.output)) classes_.fix(axis);
  }

  std::vector<SymmetryGroup> groups() const {
    std::vector<SymmetryGroup> groups;
    std::map<int, std::size_t> group_of;
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      for (std::size_t axis = 0; axis < parameters_[p].size(); ++axis) {
        std::int64_t outer = 1, inner = description_.parameters[p].shape[axis];
        for (int root : classes_.expand(parameters_[p][axis])) {
          inner /= classes_.size(root);
          if (!classes_.fixed(root)) {
            const auto [place, fresh] = group_of.emplace(root, groups.size());
            if (fresh) groups.push_back({classes_.size(root), {}});
            groups[place->second].members.push_back(
                {p, static_cast<int>(axis), outer, inner, output_axes_[p] == static_cast<int>(axis)});
          }
          outer *= classes_.size(root);
        }
      }
    return groups;
  }

  std::vector<std::vector<std::vector<AxisFactor>>> factors() const {
    std::vector<std::vector<std::vector<AxisFactor>>> factors;
    for (const auto& axes : parameters_) {
      auto& of_parameter = factors.emplace_back();
      for (const auto& axis : axes) {
        auto& of_axis = of_parameter.emplace_back();
        for (int root : classes_.expand(axis)) of_axis.push_back({classes_.size(root), !classes_.fixed(root)});
      }
    }
    return factors;
  }

 private:
  std::vector<Axis> make(const Shape& shape) {
    std::vector<Axis> axes;
    for (auto size : shape) axes.push_back(classes_.make(size));
    return axes;
  }

  void flow(const NodeSpec& node) {
    const auto& definition = operator_definition(node.op);
    NodeAxes axes{node, {}, {}, make(facts_.shapes.at(node.name))};
    for (const auto& input : node.inputs) axes.inputs.push_back(values_.at(input));
    for (const auto& [key, name] : node.parameters) {
      axes.parameters.emplace_back(key, parameters_[indices_.at(name)]);
    }
    definition.flow(axes, classes_);
    values_.emplace(node.name, std::move(axes.output));
  }

  const NetworkDescription& description_;
  GraphFacts facts_;
  std::vector<int> output_axes_;
  AxisClasses classes_;
  std::unordered_map<std::string, std::size_t> indices_;
  std::vector<std::vector<Axis>> parameters_;
  std::unordered_map<std::string, std::vector<Axis>> values_;
};

}  // namespace

std::vector<SymmetryGroup> symmetry_groups(const NetworkDescription& description) {
  return AxisGraph(description).groups();
}

std::vector<std::vector<std::vector<AxisFactor>>> axis_factors(const NetworkDescription& description) {
  return AxisGraph(description).factors();
}

std::vector<std::int64_t> axis_order(const SymmetryMember& member, const std::vector<std::int64_t>& units) {
  std::vector<std::int64_t> order;
  const auto size = static_cast<std::int64_t>(units.size());
  order.reserve(static_cast<std::size_t>(member.outer * size * member.inner));
  for (std::int64_t outer = 0; outer < member.outer; ++outer)
    for (auto unit : units)
      for (std::int64_t inner = 0; inner < member.inner; ++inner)
        order.push_back((outer * size + unit) * member.inner + inner);
  return order;
}

}  // namespace weightloom
