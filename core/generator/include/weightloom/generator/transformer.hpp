#pragma once
// A pre-norm transformer (Vaswani et al. 2017; Xiong et al. 2020) with bounded attention: a short context whose
// positions see each other in order, and blocks of positions that see the context and their own block. So time and
// memory are linear in the number of blocks.

#include <cstdint>
#include <vector>

#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// Keys and values of the context's positions, per layer: [B, heads, S, D / heads].
struct AttentionCache {
  std::vector<torch::Tensor> keys, values;
};

class TransformerLayer : public Module {
 public:
  TransformerLayer(std::int64_t width, std::int64_t heads, torch::Generator& generator);
  // x [B, S, D] stands after the cached positions; mask [S, cached + S] additive. Appends to `keys` and `values`.
  torch::Tensor extend(const torch::Tensor& x, const torch::Tensor& mask, torch::Tensor& keys, torch::Tensor& values);
  // x [B, N, W, D]; mask [N, W, S + W] additive, over the context's positions and those of the own block.
  torch::Tensor blocks(const torch::Tensor& x, const torch::Tensor& mask, const torch::Tensor& keys,
                       const torch::Tensor& values);

 private:
  torch::Tensor feed(const torch::Tensor& x, const torch::Tensor& mixed);

  std::int64_t heads_;
  LayerNorm attention_norm_{nullptr}, feed_norm_{nullptr};
  Linear qkv_{nullptr}, project_{nullptr}, up_{nullptr}, down_{nullptr};
};

class Transformer : public Module {
 public:
  // Start values are drawn from `generator`. REQUIRES that `heads` divides `width`.
  Transformer(std::int64_t width, std::int64_t layers, std::int64_t heads, torch::Generator& generator);

  // Appends x [B, S, D] to the context. A position sees what stands before it and itself; the first `prefix` positions
  // of an empty context see each other in both directions.
  void extend(const torch::Tensor& x, AttentionCache& context, std::int64_t prefix = 0);
  // N blocks of W positions: x [B, N, W, D] -> the same shape. own_mask [N, W, W] (bool): which positions of its block
  // a position sees. context_mask [N * W, S] (bool): which of the context; undefined means all.
  torch::Tensor blocks(const torch::Tensor& x, const torch::Tensor& own_mask, const AttentionCache& context,
                       const torch::Tensor& context_mask = {});

 private:
  std::vector<std::shared_ptr<TransformerLayer>> layers_;
  LayerNorm norm_{nullptr};
};

}  // namespace weightloom
