#include "weightloom/runtime/inheritance.hpp"

#include <algorithm>

#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/graph.hpp"

namespace weightloom {
namespace {

bool belongs_to_head(const GraphFacts& facts, const ParameterSpec& parameter) {
  return parameter.name == facts.head_weight || parameter.name == facts.head_bias;
}

// `factors`, one for each place of dimension `axis`.
torch::Tensor scaled(const torch::Tensor& tensor, std::int64_t axis, const std::vector<double>& factors) {
  if (std::ranges::all_of(factors, [&](double x) { return x == factors.front(); })) return tensor * factors.front();
  std::vector<std::int64_t> shape(static_cast<std::size_t>(tensor.dim()), 1);
  shape[static_cast<std::size_t>(axis)] = -1;
  return tensor * torch::tensor(factors, tensor.options().requires_grad(false)).view(shape);
}

torch::Tensor cut_axis(const torch::Tensor& tensor, std::int64_t axis, const AxisCut& cut) {
  std::vector<std::int64_t> from = cut.from;
  std::vector<double> factors = cut.scale;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (from[i] < 0) {
      factors.resize(from.size(), 1.0);
      factors[i] = 0;
      from[i] = 0;
    }
  bool leading = true;
  for (std::size_t i = 0; leading && i < from.size(); ++i) leading = from[i] == static_cast<std::int64_t>(i);
  // A slice costs nothing, and training cuts networks at every step.
  const auto part = leading ? tensor.narrow(axis, 0, static_cast<std::int64_t>(from.size()))
                            : tensor.index_select(axis, torch::tensor(from, indices_like(tensor)));
  return factors.empty() ? part : scaled(part, axis, factors);
}

}  // namespace

torch::Tensor cut_tensor(const torch::Tensor& source, const TensorCut& cut) {
  auto out = source;
  for (std::size_t a = 0; a < cut.axes.size(); ++a)
    if (!cut.axes[a].whole()) out = cut_axis(out, static_cast<std::int64_t>(a) + 1, cut.axes[a]);
  return cut.factor == 1 ? out : out * cut.factor;
}

Weights inherit(const NetworkDescription& target, Weights start, const NetworkDescription& ancestor,
                const Weights& weights, Head head) {
  const auto facts = analyse(target);
  const auto cuts = cut_network(target, ancestor);
  const bool inherits_head = head == Head::kInherit && target.classes == ancestor.classes;
  for (std::size_t i = 0; i < cuts.size(); ++i)
    if (cuts[i] && (inherits_head || !belongs_to_head(facts, target.parameters[i])))
      start.tensors[i] = cut_tensor(weights.tensors[cuts[i]->source], *cuts[i]);
  return start;
}

Weights descend_from(const NetworkDescription& target, const NetworkDescription& ancestor, const Weights& weights,
                     std::uint64_t seed) {
  return translate_torch_errors("start from an ancestor", [&] {
    auto start = initial_weights(target, 1, seed);
    // The head starts at zero and not at random: the first gradients then are the classes' mean features, and all heads
    // of a family stay comparable, which is what codes of their deviations need.
    const auto facts = analyse(target);
    for (std::size_t i = 0; i < start.tensors.size(); ++i)
      if (belongs_to_head(facts, target.parameters[i])) start.tensors[i].zero_();
    return inherit(target, std::move(start), ancestor, weights, Head::kKeep).detach().clone();
  });
}

}  // namespace weightloom
