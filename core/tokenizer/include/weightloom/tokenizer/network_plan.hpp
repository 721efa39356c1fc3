#pragma once
// Everything about one network that turning its weights into chunks and back needs, prepared once.

#include <memory>
#include <string>

#include "weightloom/network/slots.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/tokenizer/anchor.hpp"

namespace weightloom {

// T tokenised tensors, L slots, M chunk slots of C places; P is a population. Float tensors have the device and type of
// the anchor's weights. What has a row for each chunk is made anew for networks of many chunks, so that they take no
// more memory than their weights; ask for ranges of them. Immutable after construction [any-thread]; what the accessors
// return must not be written.
class NetworkPlan {
 public:
  // `anchor_weights`: from map_anchor(), population 1, running statistics calibrated. `chunk`, `vector_chunk`: as in
  // TokenizerConfig. Analyses the graph: milliseconds for small networks.
  NetworkPlan(NetworkDescription description, std::string family, Weights anchor_weights, std::int64_t chunk,
              std::int64_t vector_chunk);

  const NetworkDescription& description() const { return executor_.description(); }
  const std::string& family() const { return family_; }
  const Executor& executor() const { return executor_; }
  const SlotLayout& layout() const { return layout_; }
  const Weights& anchor() const { return anchor_; }

  std::int64_t slots() const { return static_cast<std::int64_t>(layout_.slots.size()); }
  std::int64_t tensors() const { return static_cast<std::int64_t>(layout_.tensors.size()); }
  const SlotTensor& tensor(std::int64_t index) const { return layout_.tensors[static_cast<std::size_t>(index)]; }
  SlotRange all() const { return slot_range(layout_, 0, tensors()); }
  const torch::TensorOptions& floats() const { return floats_; }
  const torch::Tensor& chunk_slots() const { return chunk_slots_; }            // [M] int64: positions among all slots
  const torch::Tensor& scale_slots() const { return scale_slots_; }            // [T] int64
  const torch::Tensor& slot_tensor() const { return slot_tensor_; }            // [L] int64: tensor of each slot
  const torch::Tensor& network_features() const { return network_features_; }  // [kNetworkFeatures]
  const torch::Tensor& class_rows() const { return class_rows_; }  // [L] int64: class of a head-weight slot, else -1
  const torch::Tensor& reference_scales() const { return reference_scales_; }  // [T] float

  torch::Tensor features(const SlotRange& range) const;       // [slots, kSlotFeatures]
  torch::Tensor mask(const SlotRange& range) const;           // [chunks, C]: 1 where a value stands
  torch::Tensor anchor_chunks(const SlotRange& range) const;  // [chunks, C]: the anchor in units of the reference scale
  torch::Tensor features() const { return features(all()); }
  torch::Tensor mask() const { return mask(all()); }

  // Of the tokenised tensor `index` in `weights`, its deviation from the anchor: [P, values].
  torch::Tensor deviation(std::int64_t index, const Weights& weights) const;
  // Of all, one after the other: [P, all values].
  torch::Tensor deviations(const Weights& weights) const;
  // The anchor plus what chunks [P, M, C] say, in units of scales [P, T], which are relative to the reference scale;
  // what is not tokenised, running statistics above all, is a view of the anchor's. Differentiable.
  Weights weights(const torch::Tensor& chunks, const torch::Tensor& scales) const;
  // One tensor of it: chunks [P, n, C], scales [P].
  torch::Tensor values(std::int64_t index, const torch::Tensor& chunks, const torch::Tensor& scales) const;

 private:
  torch::Tensor make_features(const SlotRange& range) const;
  // `of_part(tensor, first chunk, chunks)` of all tensors in the range, one after the other.
  template <typename Part>
  torch::Tensor by_tensor(const SlotRange& range, Part of_part) const;
  torch::Tensor make_mask(const SlotRange& range) const;
  torch::Tensor make_anchor_chunks(const SlotRange& range) const;

  std::string family_;
  Executor executor_;
  SlotLayout layout_;
  SlotFeatures slot_features_;
  Weights anchor_;
  torch::TensorOptions floats_;
  torch::Tensor chunk_slots_, scale_slots_, slot_tensor_, network_features_, class_rows_, reference_scales_;
  torch::Tensor kept_features_, kept_mask_, kept_anchor_;  // of the whole network; undefined for many chunks
};

}  // namespace weightloom
