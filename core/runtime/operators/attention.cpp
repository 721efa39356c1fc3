#include <cmath>
#include <limits>

#include "families.hpp"
#include "population.hpp"

namespace weightloom {
namespace {

// [..., T, heads * width] -> [..., heads, T, width]
torch::Tensor split_heads(const torch::Tensor& x, std::int64_t heads) {
  auto sizes = x.sizes().vec();
  sizes.back() /= heads;
  sizes.insert(sizes.end() - 1, heads);
  return x.reshape(sizes).transpose(-3, -2);
}

// True where a query looks at a key that comes after it; the last query and the last key stand at one place.
torch::Tensor later_keys(const torch::Tensor& scores) {
  const auto queries = scores.size(-2), keys = scores.size(-1);
  return torch::ones({queries, keys}, scores.options().dtype(torch::kBool)).triu(keys - queries + 1);
}

// Scaled dot-product attention (Vaswani et al. 2017, eq. 1) per head; several heads may share a key and value head
// (Ainslie et al. 2023).
Operator attention(const NodeSpec& node) {
  const auto heads = integer_attribute(node, "heads"), key_heads = integer_attribute(node, "key_heads");
  const bool causal = flag_attribute(node, "causal");
  return [=](const OperatorArguments& a) {
    const auto keys_of = [&](const torch::Tensor& x) {
      const auto apart = split_heads(x, key_heads);
      return heads == key_heads ? apart : apart.repeat_interleave(heads / key_heads, -3);
    };
    const auto query = split_heads(a.inputs[0].tensor, heads);
    const auto factor = 1 / std::sqrt(static_cast<double>(query.size(-1)));
    auto scores = torch::matmul(query * factor, keys_of(a.inputs[1].tensor).transpose(-2, -1));
    if (a.inputs.size() == 4) scores = scores + with_rank(a.inputs[3], sample_rank(a.inputs[0]) + 1);
    if (causal) scores = scores.masked_fill(later_keys(scores), -std::numeric_limits<double>::infinity());
    const auto mixed = torch::matmul(torch::softmax(scores, -1), keys_of(a.inputs[2].tensor)).transpose(-3, -2);
    bool shared = true;
    for (const auto& input : a.inputs) shared &= input.shared;
    return Value{mixed.flatten(-2, -1), shared};
  };
}

// Turns pairs of places of every head by an angle that grows with the token's place (Su et al. 2021, eq. 34).
Operator rotary_position(const NodeSpec& node) {
  const auto heads = integer_attribute(node, "heads"), width = integer_attribute(node, "width");
  const auto base = number_attribute(node, "base");
  const bool interleaved = flag_attribute(node, "interleaved");
  return [=](const OperatorArguments& a) {
    const auto& x = a.inputs[0].tensor;
    const auto split = split_heads(x, heads);
    const auto options = x.options();
    const auto pairs = torch::arange(width / 2, options) * (-2.0 * std::log(base) / static_cast<double>(width));
    const auto angles = torch::outer(torch::arange(x.size(-2), options), pairs.exp());
    const auto cosine = angles.cos(), sine = angles.sin();
    const auto turned = split.narrow(-1, 0, width), kept = split.narrow(-1, width, split.size(-1) - width);
    const auto first = interleaved ? turned.slice(-1, 0, c10::nullopt, 2) : turned.narrow(-1, 0, width / 2);
    const auto second = interleaved ? turned.slice(-1, 1, c10::nullopt, 2) : turned.narrow(-1, width / 2, width / 2);
    const auto left = first * cosine - second * sine, right = second * cosine + first * sine;
    const auto both = interleaved ? torch::stack({left, right}, -1).flatten(-2, -1) : torch::cat({left, right}, -1);
    return Value{torch::cat({both, kept}, -1).transpose(-3, -2).flatten(-2, -1), a.inputs[0].shared};
  };
}

}  // namespace

OperatorMakers attention_makers() {
  return {{"attention", attention}, {"rotary_position", rotary_position}};
}

}  // namespace weightloom
