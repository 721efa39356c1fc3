#include "weightloom/network/graph.hpp"

#include <algorithm>

#include "inference.hpp"
#include "operator_definition.hpp"

namespace weightloom {
namespace {

std::int64_t add_checked(std::int64_t a, std::int64_t b, const std::string& path) {
  if (__builtin_add_overflow(a, b, &a)) refuse("shape", path, "expected a network whose cost fits 64 bits, found more");
  return a;
}

std::int64_t product_checked(const std::vector<std::int64_t>& factors, const std::string& path) {
  std::int64_t product = 1;
  for (auto factor : factors)
    if (__builtin_mul_overflow(product, factor, &product))
      refuse("shape", path, "expected a network whose cost fits 64 bits, found more");
  return product;
}

void find_head(const NetworkDescription& description, GraphFacts& facts) {
  std::unordered_map<std::string_view, const NodeSpec*> nodes;
  for (const auto& node : description.nodes) nodes.emplace(node.name, &node);
  auto found = nodes.find(description.output);
  while (found != nodes.end() && find_operator(found->second->op)->keeps_head)
    found = nodes.find(found->second->inputs.front());
  if (found == nodes.end() || !find_operator(found->second->op)->is_head) return;
  const auto& head = *found->second;
  facts.head_node = head.name;
  facts.head_input = head.inputs.front();
  facts.head_weight = *head.parameter("weight");
  if (const auto* bias = head.parameter("bias")) facts.head_bias = *bias;
}

}  // namespace

GraphFacts infer(const NetworkDescription& description, const std::vector<std::string>& places) {
  GraphFacts facts;
  facts.shapes.emplace(description.input.name, description.input.shape);
  facts.activation_values = element_count(description.input.shape);
  std::unordered_map<std::string_view, const Shape*> parameters;
  for (const auto& parameter : description.parameters) parameters.emplace(parameter.name, &parameter.shape);
  for (std::size_t i = 0; i < description.nodes.size(); ++i) {
    const auto& node = description.nodes[i];
    NodeShapes shapes{node, places.empty() ? "nodes[" + std::to_string(i) + "]" : places[i], {}, {}};
    for (const auto& input : node.inputs) shapes.inputs.push_back(facts.shapes.at(input));
    for (const auto& [key, name] : node.parameters) shapes.parameters.emplace_back(key, *parameters.at(name));
    const auto& definition = operator_definition(node.op);
    const auto output = definition.shape(shapes);
    check_shape_limits(output, shapes.path);
    facts.activation_values = add_checked(facts.activation_values, element_count(output), shapes.path);
    if (definition.products) {
      auto factors = definition.products(shapes, output);
      factors.push_back(2);
      facts.flops = add_checked(facts.flops, product_checked(factors, shapes.path), shapes.path);
    }
    facts.shapes.emplace(node.name, output);
  }
  return facts;
}

GraphFacts analyse(const NetworkDescription& description) {
  auto facts = infer(description, {});
  find_head(description, facts);
  return facts;
}

}  // namespace weightloom
