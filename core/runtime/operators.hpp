#pragma once
// The operators of docs/network_description.md over a population.

#include <functional>
#include <string>
#include <vector>

#include "weightloom/compute/torch.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// What flows along an edge: [N, ...] where all members see the same (`shared`), else [P, N, ...] in any memory order.
struct Value {
  torch::Tensor tensor;
  bool shared = false;
};

// The value as every member's own: [P, N, ...].
Value all_members(const Value& value, std::int64_t population);

// What an operator may look at besides its inputs and parameters.
struct ExecutionContext {
  const ExecutionMode& mode;
  std::int64_t population;
  BatchStatistics* statistics;  // null: nobody wants them
};

struct OperatorArguments {
  std::vector<Value> inputs;
  // In the order of OperatorRule::parameters; undefined where an optional one is absent.
  std::vector<torch::Tensor> parameters;
  const std::vector<std::size_t>& indices;  // of the parameters, in the same order
  const ExecutionContext& context;
};

using Operator = std::function<Value(const OperatorArguments&)>;

// Binds the node's attributes. Throws kUsage "executor.operator" for an operator that it does not know.
Operator bind_operator(const NodeSpec& node);
// Names of the operators that bind_operator() knows, unordered.
std::vector<std::string> executable_operators();

}  // namespace weightloom
