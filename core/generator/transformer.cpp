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

torch::Tensor TransformerLayer::forward(const torch::Tensor& x, const torch::Tensor& mask, torch::Tensor& keys,
                                        torch::Tensor& values) {
  const auto batch = x.size(0), size = x.size(1), width = x.size(2), head = width / heads_;
  const auto parts = qkv_(attention_norm_(x)).view({batch, size, 3, heads_, head}).permute({2, 0, 3, 1, 4});
  keys = keys.defined() ? torch::cat({keys, parts[1]}, 2) : parts[1];
  values = values.defined() ? torch::cat({values, parts[2]}, 2) : parts[2];
  const auto scores = parts[0].matmul(keys.transpose(2, 3)) * (1.0 / std::sqrt(static_cast<double>(head))) + mask;
  const auto mixed = scores.softmax(-1).matmul(values).transpose(1, 2).reshape({batch, size, width});
  const auto attended = x + project_(mixed);
  return attended + down_(torch::gelu(up_(feed_norm_(attended))));
}

Transformer::Transformer(std::int64_t width, std::int64_t layers, std::int64_t heads, torch::Generator& generator) {
  for (std::int64_t i = 0; i < layers; ++i)
    layers_.push_back(
        register_module("layer" + std::to_string(i), std::make_shared<TransformerLayer>(width, heads, generator)));
  norm_ = register_module("norm", LayerNorm(width));
}

torch::Tensor Transformer::forward(const torch::Tensor& x, std::int64_t prefix) {
  const auto mask = causal_mask(x.size(1), 0, prefix, x.options());
  auto hidden = x;
  for (const auto& layer : layers_) {
    torch::Tensor keys, values;
    hidden = layer->forward(hidden, mask, keys, values);
  }
  return norm_(hidden);
}

torch::Tensor Transformer::extend(const torch::Tensor& x, AttentionCache& cache, std::int64_t keep,
                                  std::int64_t prefix) {
  cache.keys.resize(layers_.size());
  cache.values.resize(layers_.size());
  const std::int64_t cached = cache.keys.front().defined() ? cache.keys.front().size(2) : 0;
  const auto mask = causal_mask(x.size(1), cached, prefix, x.options());
  auto hidden = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    torch::Tensor keys = cache.keys[i], values = cache.values[i];
    hidden = layers_[i]->forward(hidden, mask, keys, values);
    cache.keys[i] = keys.narrow(2, 0, cached + keep);
    cache.values[i] = values.narrow(2, 0, cached + keep);
  }
  return norm_(hidden);
}

}  // namespace weightloom
