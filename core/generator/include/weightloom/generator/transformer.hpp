#pragma once
// A pre-norm transformer (Vaswani et al. 2017; Xiong et al. 2020) whose keys and values can be kept between passes.

#include <cstdint>
#include <vector>

#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// Keys and values of the positions that are final, per layer: [B, heads, S, D / heads].
struct AttentionCache {
  std::vector<torch::Tensor> keys, values;
};

class TransformerLayer : public torch::nn::Module {
 public:
  TransformerLayer(std::int64_t width, std::int64_t heads, torch::Generator& generator);
  // x [B, S, D]; mask [S, cached + S] additive. New keys and values are returned through `keys` and `values`, cached
  // ones included.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& mask, torch::Tensor& keys, torch::Tensor& values);

 private:
  std::int64_t heads_;
  LayerNorm attention_norm_{nullptr}, feed_norm_{nullptr};
  Linear qkv_{nullptr}, project_{nullptr}, up_{nullptr}, down_{nullptr};
};

class Transformer : public torch::nn::Module {
 public:
  // Start values are drawn from `generator`. REQUIRES that `heads` divides `width`.
  Transformer(std::int64_t width, std::int64_t layers, std::int64_t heads, torch::Generator& generator);

  // x [B, S, D] -> [B, S, D]. The first `prefix` positions see each other in both directions, all others only what
  // stands before them and themselves.
  torch::Tensor forward(const torch::Tensor& x, std::int64_t prefix);
  // Appends x [B, S, D] after the cached positions; afterwards the first `keep` of the new positions are cached.
  // With an empty cache the first `prefix` positions see each other in both directions.
  torch::Tensor extend(const torch::Tensor& x, AttentionCache& cache, std::int64_t keep, std::int64_t prefix = 0);

 private:
  std::vector<std::shared_ptr<TransformerLayer>> layers_;
  LayerNorm norm_{nullptr};
};

}  // namespace weightloom
