#pragma once
// Everything about one network that turning its weights into chunks and back needs, prepared once.

#include <memory>
#include <string>

#include "weightloom/network/slots.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/tokenizer/anchor.hpp"

namespace weightloom {

// T tokenised tensors, L slots, M chunk slots of C places, V values; P is a population. Float tensors have the device
// and type of the anchor's weights. Immutable after construction [any-thread]; what the accessors return must not be
// written.
class NetworkPlan {
 public:
  // `anchor_weights`: from map_anchor(), population 1, running statistics calibrated. `chunk`, `vector_chunk`: as in
  // TokenizerConfig. Analyses the graph and builds the index tables: milliseconds for small networks.
  NetworkPlan(NetworkDescription description, std::string family, Weights anchor_weights, std::int64_t chunk,
              std::int64_t vector_chunk);

  const NetworkDescription& description() const { return executor_.description(); }
  const std::string& family() const { return family_; }
  const Executor& executor() const { return executor_; }
  const SlotLayout& layout() const { return layout_; }
  const Weights& anchor() const { return anchor_; }

  std::int64_t slots() const { return static_cast<std::int64_t>(layout_.slots.size()); }
  std::int64_t tensors() const { return static_cast<std::int64_t>(layout_.tensors.size()); }
  const torch::Tensor& chunk_slots() const { return chunk_slots_; }            // [M] int64: positions among all slots
  const torch::Tensor& scale_slots() const { return scale_slots_; }            // [T] int64
  const torch::Tensor& mask() const { return mask_; }                          // [M, C] float: 1 where a value stands
  const torch::Tensor& slot_tensor() const { return slot_tensor_; }            // [L] int64: tensor of each slot
  const torch::Tensor& features() const { return features_; }                  // [L, kSlotFeatures]
  const torch::Tensor& network_features() const { return network_features_; }  // [kNetworkFeatures]
  const torch::Tensor& class_rows() const { return class_rows_; }  // [L] int64: class of a head-weight slot, else -1
  // [M, C]: the anchor in units of the reference scale.
  const torch::Tensor& anchor_chunks() const { return anchor_chunks_; }
  const torch::Tensor& reference_scales() const { return reference_scales_; }  // [T] float

  // Deviation from the anchor, all tokenised tensors in one row: [P, V].
  torch::Tensor deviations(const Weights& weights) const;
  // Root mean square of each tensor's part of `values` [P, V]: [P, T].
  torch::Tensor tensor_rms(const torch::Tensor& values) const;
  // `scales` [P, T] spread over the values: [P, V].
  torch::Tensor spread(const torch::Tensor& scales) const;
  // [P, V] <-> [P, M, C]; padding reads as zero.
  torch::Tensor to_chunks(const torch::Tensor& values) const;
  torch::Tensor from_chunks(const torch::Tensor& chunks) const;
  // Anchor + deviations; running statistics are the anchor's. Differentiable.
  Weights weights(const torch::Tensor& deviations) const;

 private:
  std::string family_;
  Executor executor_;
  SlotLayout layout_;
  Weights anchor_;
  torch::Tensor chunk_slots_, scale_slots_, mask_, slot_tensor_, features_, network_features_, class_rows_,
      anchor_chunks_, reference_scales_, gather_, scatter_, value_tensor_, tensor_sizes_, anchor_values_;
};

}  // namespace weightloom
