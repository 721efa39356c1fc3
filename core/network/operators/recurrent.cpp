#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

// [T, I] -> [T, H], all gates in one matrix, one below the other.
template <std::int64_t gates>
Shape recurrent_shape(const NodeShapes& n) {
  n.expect_rank({2});
  n.expect_parameter("weight", {-1, n.input()[1]});
  const auto rows = n.parameter("weight")->front();
  if (rows % gates != 0)
    refuse("shape", n.path + ".parameters.weight",
           "expected " + std::to_string(gates) + " gates of equal height, found " + std::to_string(rows) + " rows");
  n.expect_parameter("hidden_weight", {rows, rows / gates});
  for (auto key : {"bias", "hidden_bias"}) n.expect_parameter(key, {rows});
  return {n.input()[0], rows / gates};
}

std::vector<std::int64_t> recurrent_products(const NodeShapes& n, const Shape& output) {
  const auto& weight = *n.parameter("weight");
  return {output[0], weight[0], weight[1] + output[1]};
}

// Units move alike in all gates, in what they read of themselves, and in the output; time does not.
template <std::int64_t gates>
void recurrent_flow(const NodeAxes& n, AxisClasses& classes) {
  classes.join(n.output[0], n.input()[0]);
  classes.fix(n.output[0]);
  classes.join(n.parameter("weight")[1], n.input()[1]);
  classes.join(n.parameter("hidden_weight")[1], n.output[1]);
  for (auto key : {"weight", "hidden_weight", "bias", "hidden_bias"})
    if (const auto axes = n.parameter(key); !axes.empty()) {
      const auto [gate, unit] = classes.cut(axes[0], gates);
      classes.fix(gate);
      classes.join(unit, n.output[1]);
    }
}

template <std::int64_t gates>
OperatorDefinition recurrent(std::string_view name) {
  return {{.name = name,
           .parameters = {kWeightRule,
                          {"hidden_weight", Role::kWeight, true, 0},
                          kBiasRule,
                          {"hidden_bias", Role::kBias, false, 0}},
           .attributes = {flag_rule("reverse", false)}},
          recurrent_shape<gates>,
          recurrent_flow<gates>,
          recurrent_products};
}

}  // namespace

std::vector<OperatorDefinition> recurrent_operators() {
  return {recurrent<4>("lstm"), recurrent<3>("gru")};
}

}  // namespace weightloom
