#include "weightloom/runtime/inheritance.hpp"

#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/network/graph.hpp"

namespace weightloom {
namespace {

bool belongs_to_head(const GraphFacts& facts, const ParameterSpec& parameter) {
  return parameter.name == facts.head_weight || parameter.name == facts.head_bias;
}

}  // namespace

Weights inherit(const NetworkDescription& target, Weights start, const NetworkDescription& ancestor,
                const Weights& weights, Head head) {
  const auto facts = analyse(target);
  const auto matches = match_by_address(target, ancestor);
  for (std::size_t i = 0; i < matches.size(); ++i)
    if (matches[i] && (head == Head::kInherit || !belongs_to_head(facts, target.parameters[i])))
      start.tensors[i] = weights.tensors[*matches[i]];
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
