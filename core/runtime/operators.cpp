#include "operators.hpp"

#include "operators/families.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

const OperatorMakers& makers() {
  static const auto table = [] {
    OperatorMakers all;
    for (auto family : {convolution_makers, dense_makers, normalisation_makers, attention_makers, elementwise_makers,
                        pooling_makers, layout_makers, recurrent_makers, script_makers})
      all.merge(family());
    return all;
  }();
  return table;
}

}  // namespace

Value all_members(const Value& value, std::int64_t population) {
  if (!value.shared) return value;
  auto sizes = value.tensor.sizes().vec();
  sizes.insert(sizes.begin(), population);
  return {value.tensor.unsqueeze(0).expand(sizes), false};
}

Operator bind_operator(const NodeSpec& node) {
  const auto found = makers().find(node.op);
  if (found == makers().end())
    throw Error(ErrorCode::kUsage, "executor.operator", "cannot execute node '" + node.name + "'",
                "the operator '" + node.op + "' is not known");
  return found->second(node);
}

std::vector<std::string> executable_operators() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : makers()) names.push_back(name);
  return names;
}

}  // namespace weightloom
