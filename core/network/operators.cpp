#include "weightloom/network/operators.hpp"

#include <algorithm>
#include <unordered_map>

#include "operators/families.hpp"

namespace weightloom {
namespace {

std::vector<OperatorDefinition> make_definitions() {
  std::vector<OperatorDefinition> all;
  for (const auto& family :
       {convolution_operators(), dense_operators(), normalisation_operators(), attention_operators(),
        elementwise_operators(), pooling_operators(), layout_operators(), recurrent_operators(), script_operators()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

const std::vector<OperatorDefinition>& definitions() {
  static const auto table = make_definitions();
  return table;
}

const OperatorDefinition* find_definition(std::string_view name) {
  static const auto places = [] {
    std::unordered_map<std::string_view, const OperatorDefinition*> by_name;
    for (const auto& definition : definitions()) by_name.emplace(definition.rule.name, &definition);
    return by_name;
  }();
  const auto found = places.find(name);
  return found == places.end() ? nullptr : found->second;
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
  const auto& value = node.attributes.at(std::string(attribute));
  if (value.is_number()) return {value.get<std::int64_t>()};
  return value.get<std::vector<std::int64_t>>();
}

double NodeShapes::number(std::string_view attribute) const {
  return node.attributes.at(std::string(attribute)).get<double>();
}

bool NodeShapes::flag(std::string_view attribute) const {
  return node.attributes.at(std::string(attribute)).get<bool>();
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

std::vector<int> output_axes(const NetworkDescription& description) {
  std::vector<int> axes(description.parameters.size(), -1);
  std::unordered_map<std::string_view, std::size_t> indices;
  for (std::size_t p = 0; p < axes.size(); ++p) indices.emplace(description.parameters[p].name, p);
  for (const auto& node : description.nodes)
    for (const auto& [key, name] : node.parameters)
      axes[indices.at(name)] = find_operator(node.op)->parameter(key)->output_axis;
  return axes;
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const auto& definition : definitions()) names.emplace_back(definition.rule.name);
  return names;
}

}  // namespace weightloom
