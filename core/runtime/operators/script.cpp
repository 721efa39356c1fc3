#include <memory>

#include "families.hpp"
#include "population.hpp"
#include "script_function.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// Every member by itself, with its own parameters.
Operator script(const NodeSpec& node) {
  const auto shape = node.attributes.at("shape").get<Shape>();
  const auto function = std::make_shared<const ScriptFunction>(node.name, node.attributes.at("code").get<std::string>(),
                                                               node.inputs.size() + node.parameters.size());
  return [=, name = node.name](const OperatorArguments& a) {
    std::vector<torch::Tensor> members;
    for (std::int64_t p = 0; p < a.context.population; ++p) {
      std::vector<torch::Tensor> arguments;
      for (const auto& input : a.inputs) arguments.push_back(input.shared ? input.tensor : input.tensor[p]);
      auto expected = shape;
      expected.insert(expected.begin(), arguments.front().size(0));
      for (const auto& parameter : a.parameters)
        if (parameter.defined()) arguments.push_back(parameter[p]);
      const auto& out = members.emplace_back((*function)(arguments));
      if (out.sizes().vec() != expected || out.scalar_type() != torch::kFloat)
        throw Error(ErrorCode::kPlugin, "executor.script", "cannot execute the script '" + name + "'",
                    "it returned " + to_string(out.sizes().vec()) + " of type " + toString(out.scalar_type()) +
                        ", and its node declares " + to_string(expected) + " of type Float",
                    "the first dimension is that of the samples");
    }
    return Value{torch::stack(members), false};
  };
}

}  // namespace

OperatorMakers script_makers() {
  return {{"script", script}};
}

}  // namespace weightloom
