#include "weightloom/generator/transformer.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace weightloom {
namespace {

// [S, cached + S]: 0 where a position may look, -inf elsewhere.
torch::Tensor causal_mask(std::int64_t size, std::int64_t cached, std::int64_t prefix,
                          const torch::TensorOptions& options) {
  auto mask = torch::full({size, cached + size}, -std::numeric_limits<double>::infinity(), options).triu(cached + 1);
  if (prefix > 0) mask.narrow(0, 0, prefix).narrow(1, cached, prefix).zero_();
  return mask;
}

// true: 0, false: -inf.
torch::Tensor additive(const torch::Tensor& visible, const torch::TensorOptions& options) {
  return torch::zeros(visible.sizes(), options).masked_fill(~visible, -std::numeric_limits<double>::infinity());
}

}  // namespace

TransformerLayer::TransformerLayer(std::int64_t width, std::int64_t heads, torch::Generator& generator)
    : heads_(heads) {
  attention_norm_ = register_module("attention_norm", LayerNorm(width));
  feed_norm_ = register_module("feed_norm", LayerNorm(width));
  qkv_ = register_module("qkv", Linear(width, 3 * width, generator));
  project_ = register_module("project", Linear(width, width, generator));
  up_ = register_module("up", Linear(width, 4 * width, generator));
  down_ = register_module("down", Linear(4 * width, width, generator));
}

torch::Tensor TransformerLayer::feed(const torch::Tensor& x, const torch::Tensor& mixed) {
  const auto attended = x + project_(mixed);
  return attended + down_(torch::gelu(up_(feed_norm_(attended))));
}

torch::Tensor TransformerLayer::extend(const torch::Tensor& x, const torch::Tensor& mask, torch::Tensor& keys,
                                       torch::Tensor& values) {
  const auto batch = x.size(0), size = x.size(1), width = x.size(2), head = width / heads_;
  const auto parts = qkv_(attention_norm_(x)).view({batch, size, 3, heads_, head}).permute({2, 0, 3, 1, 4});
  keys = keys.defined() ? torch::cat({keys, parts[1]}, 2) : parts[1];
  values = values.defined() ? torch::cat({values, parts[2]}, 2) : parts[2];
  const auto scores = parts[0].matmul(keys.transpose(2, 3)) * (1.0 / std::sqrt(static_cast<double>(head))) + mask;
  return feed(x, scores.softmax(-1).matmul(values).transpose(1, 2).reshape({batch, size, width}));
}

torch::Tensor TransformerLayer::blocks(const torch::Tensor& x, const torch::Tensor& mask, const torch::Tensor& keys,
                                       const torch::Tensor& values) {
  const auto batch = x.size(0), count = x.size(1), size = x.size(2), width = x.size(3), head = width / heads_;
  // [3, B, heads, N, W, D / heads]
  const auto parts = qkv_(attention_norm_(x)).view({batch, count, size, 3, heads_, head}).permute({3, 0, 4, 1, 2, 5});
  // The context beside each block: its few copies cost less than taking shares apart again.
  const auto beside = [&](const torch::Tensor& context, const torch::Tensor& own) {
    return torch::cat({context.unsqueeze(2).expand({-1, -1, count, -1, -1}), own}, 3);
  };
  const auto query = parts[0] * (1.0 / std::sqrt(static_cast<double>(head)));
  const auto scores = query.matmul(beside(keys, parts[1]).transpose(3, 4)) + mask;
  const auto mixed = scores.softmax(-1).matmul(beside(values, parts[2]));
  return feed(x, mixed.permute({0, 2, 3, 1, 4}).reshape({batch, count, size, width}));
}

Transformer::Transformer(std::int64_t width, std::int64_t layers, std::int64_t heads, torch::Generator& generator) {
  for (std::int64_t i = 0; i < layers; ++i)
    layers_.push_back(
        register_module("layer" + std::to_string(i), std::make_shared<TransformerLayer>(width, heads, generator)));
  norm_ = register_module("norm", LayerNorm(width));
}

void Transformer::extend(const torch::Tensor& x, AttentionCache& context, std::int64_t prefix) {
  context.keys.resize(layers_.size());
  context.values.resize(layers_.size());
  const std::int64_t cached = context.keys.front().defined() ? context.keys.front().size(2) : 0;
  const auto mask = causal_mask(x.size(1), cached, prefix, x.options());
  auto hidden = x;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    hidden = layers_[i]->extend(hidden, mask, context.keys[i], context.values[i]);
}

torch::Tensor Transformer::blocks(const torch::Tensor& x, const torch::Tensor& own_mask, const AttentionCache& context,
                                  const torch::Tensor& context_mask) {
  const auto count = own_mask.size(0), size = own_mask.size(1), before = context.keys.front().size(2);
  const auto seen = context_mask.defined() ? context_mask.view({count, size, before})
                                           : torch::ones({count, size, before}, own_mask.options());
  const auto mask = additive(torch::cat({seen, own_mask}, 2), x.options());
  auto hidden = x;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    hidden = layers_[i]->blocks(hidden, mask, context.keys[i], context.values[i]);
  return norm_(hidden);
}

}  // namespace weightloom
