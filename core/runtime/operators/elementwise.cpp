#include "families.hpp"
#include "population.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

using Unary = torch::Tensor (*)(const torch::Tensor&);
template <Unary function>
Operator bind_unary(const NodeSpec&) {
  return [](const OperatorArguments& a) { return Value{function(a.inputs[0].tensor), a.inputs[0].shared}; };
}

template <class Function>
Operator unary(Function function) {
  return [function](const OperatorArguments& a) { return Value{function(a.inputs[0].tensor), a.inputs[0].shared}; };
}

using Binary = torch::Tensor (*)(const torch::Tensor&, const torch::Tensor&);
template <Binary function>
Operator bind_fold(const NodeSpec&) {
  return [](const OperatorArguments& a) {
    std::int64_t rank = 0;
    for (const auto& input : a.inputs) rank = std::max(rank, sample_rank(input));
    Value out{with_rank(a.inputs[0], rank), a.inputs[0].shared};
    for (std::size_t i = 1; i < a.inputs.size(); ++i)
      out = {function(out.tensor, with_rank(a.inputs[i], rank)), out.shared && a.inputs[i].shared};
    return out;
  };
}

torch::Tensor sum(const torch::Tensor& x, const torch::Tensor& y) {
  return x + y;
}
torch::Tensor product(const torch::Tensor& x, const torch::Tensor& y) {
  return x * y;
}
torch::Tensor relu6(const torch::Tensor& x) {
  return x.clamp(0, 6);
}
torch::Tensor softplus(const torch::Tensor& x) {
  return at::softplus(x);
}

Value prelu(const OperatorArguments& a) {
  const auto& x = a.inputs[0];
  const auto slope = against(a.parameters[0], sample_rank(x), 0);
  return {torch::relu(x.tensor) - slope * torch::relu(-x.tensor), false};
}

Operator affine(const NodeSpec& node) {
  const auto axis = integer_attribute(node, "axis");
  return [=](const OperatorArguments& a) {
    const auto& x = a.inputs[0];
    const auto scaled = x.tensor * against(a.parameters[0], sample_rank(x), axis);
    return Value{a.parameters[1].defined() ? scaled + against(a.parameters[1], sample_rank(x), axis) : scaled, false};
  };
}

// Every member draws from its own generator, so that its masks do not depend on its company. `whole`: one draw for all
// of a sample (Huang et al. 2016).
Operator dropout(const NodeSpec& node, bool whole) {
  const auto rate = number_attribute(node, "rate");
  return [=](const OperatorArguments& a) {
    if (!a.context.mode.dropout || rate == 0) return a.inputs[0];
    auto* generators = a.context.mode.generators;
    if (!generators || static_cast<std::int64_t>(generators->size()) != a.context.population)
      throw Error(ErrorCode::kUsage, "executor.generators", "cannot execute dropout",
                  "it needs one generator for each member");
    const auto x = all_members(a.inputs[0], a.context.population).tensor;
    auto sizes = x.sizes().vec();
    if (whole) std::fill(sizes.begin() + 2, sizes.end(), 1);
    auto mask = torch::empty(sizes, x.options());
    for (std::int64_t p = 0; p < a.context.population; ++p)
      mask[p].bernoulli_(1 - rate, (*generators)[static_cast<std::size_t>(p)]);
    return Value{rate < 1 ? x * mask.div_(1 - rate) : x * mask, false};
  };
}

Operator softmax(const NodeSpec& node) {
  const auto axis = integer_attribute(node, "axis");
  return [=](const OperatorArguments& a) {
    const auto& x = a.inputs[0];
    return Value{torch::softmax(x.tensor, axis + lead(x)), x.shared};
  };
}

}  // namespace

OperatorMakers elementwise_makers() {
  return {{"add", bind_fold<sum>},
          {"mul", bind_fold<product>},
          {"relu", bind_unary<torch::relu>},
          {"silu", bind_unary<torch::silu>},
          {"tanh", bind_unary<torch::tanh>},
          {"sigmoid", bind_unary<torch::sigmoid>},
          {"hardswish", bind_unary<torch::hardswish>},
          {"hardsigmoid", bind_unary<torch::hardsigmoid>},
          {"mish", bind_unary<torch::mish>},
          {"relu6", bind_unary<relu6>},
          {"softplus", bind_unary<softplus>},
          {"gelu",
           [](const NodeSpec& node) {
             const auto approximate = node.attributes.at("approximate").get<std::string>();
             return unary([=](const torch::Tensor& x) { return at::gelu(x, approximate); });
           }},
          {"leaky_relu",
           [](const NodeSpec& node) {
             const auto slope = number_attribute(node, "slope");
             return unary([=](const torch::Tensor& x) { return at::leaky_relu(x, slope); });
           }},
          {"elu",
           [](const NodeSpec& node) {
             const auto alpha = number_attribute(node, "alpha");
             return unary([=](const torch::Tensor& x) { return at::elu(x, alpha); });
           }},
          {"clamp",
           [](const NodeSpec& node) {
             const auto least = number_attribute(node, "least"), most = number_attribute(node, "most");
             return unary([=](const torch::Tensor& x) { return x.clamp(least, most); });
           }},
          {"scale",
           [](const NodeSpec& node) {
             const auto factor = number_attribute(node, "factor");
             return unary([=](const torch::Tensor& x) { return x * factor; });
           }},
          {"prelu", [](const NodeSpec&) { return Operator{prelu}; }},
          {"affine", affine},
          {"dropout", [](const NodeSpec& node) { return dropout(node, false); }},
          {"stochastic_depth", [](const NodeSpec& node) { return dropout(node, true); }},
          {"softmax", softmax}};
}

}  // namespace weightloom
