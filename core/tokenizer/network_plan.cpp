#include "weightloom/tokenizer/network_plan.hpp"

#include "weightloom/tokenizer/chunks.hpp"

namespace weightloom {
namespace {

// Training asks for the same rows at every step. This many take 75 MB; larger networks are written, not trained on.
constexpr std::int64_t kMostKept = std::int64_t{1} << 15;

ComputeOptions compute_of(const Weights& weights) {
  return weights.tensors.empty() ? ComputeOptions() : options_of(weights.tensors.front());
}

}  // namespace

NetworkPlan::NetworkPlan(NetworkDescription description, std::string family, Weights anchor_weights, std::int64_t chunk,
                         std::int64_t vector_chunk)
    : family_(std::move(family)),
      executor_(std::move(description)),
      layout_(make_slots(executor_.description(), executor_.facts(), chunk, vector_chunk)),
      slot_features_(executor_.description(), executor_.facts(), layout_),
      anchor_(anchor_weights.detach()),
      floats_(compute_of(anchor_).floats()) {
  const auto indices = compute_of(anchor_).indices();
  const auto int64_tensor = [&](const std::vector<std::int64_t>& values) { return torch::tensor(values, indices); };
  std::vector<std::int64_t> chunk_slots, scale_slots, slot_tensor, class_rows;
  std::vector<double> reference_scales;
  for (std::size_t s = 0; s < layout_.slots.size(); ++s) {
    const Slot& slot = layout_.slots[s];
    (slot.kind == Slot::Kind::kScale ? scale_slots : chunk_slots).push_back(static_cast<std::int64_t>(s));
    slot_tensor.push_back(static_cast<std::int64_t>(slot.tensor));
    class_rows.push_back(slot.class_row);
  }
  for (const SlotTensor& tensor : layout_.tensors) reference_scales.push_back(tensor.reference_scale);
  chunk_slots_ = int64_tensor(chunk_slots);
  scale_slots_ = int64_tensor(scale_slots);
  slot_tensor_ = int64_tensor(slot_tensor);
  class_rows_ = int64_tensor(class_rows);
  reference_scales_ = torch::tensor(reference_scales, floats_);
  network_features_ = torch::tensor(weightloom::network_features(this->description(), executor_.facts()), floats_);
  if (slots() > kMostKept) return;
  kept_features_ = make_features(all());
  kept_mask_ = make_mask(all());
  kept_anchor_ = make_anchor_chunks(all());
}

template <typename Part>
torch::Tensor NetworkPlan::by_tensor(const SlotRange& range, Part of_part) const {
  std::vector<torch::Tensor> parts;
  for (std::int64_t t = range.tensor; t < range.tensor + range.tensors; ++t) {
    const auto whole = slot_range(layout_, t, 1);
    const auto begin = std::max(whole.chunk, range.chunk),
               end = std::min(whole.chunk + whole.chunks, range.chunk + range.chunks);
    parts.push_back(of_part(t, begin - whole.chunk, end - begin));
  }
  return torch::cat(parts);
}

torch::Tensor NetworkPlan::make_features(const SlotRange& range) const {
  return torch::tensor(slot_features_.of(layout_, range), floats_).view({range.slots, kSlotFeatures});
}

torch::Tensor NetworkPlan::make_mask(const SlotRange& range) const {
  return by_tensor(range, [&](std::int64_t t, std::int64_t first, std::int64_t count) {
    return chunk_mask(tensor(t), layout_.chunk, first, count, floats_);
  });
}

torch::Tensor NetworkPlan::make_anchor_chunks(const SlotRange& range) const {
  return by_tensor(range, [&](std::int64_t t, std::int64_t first, std::int64_t count) {
    const auto& values = anchor_.tensors[tensor(t).parameter];
    return cut_chunks(tensor(t), values, layout_.chunk, first, count).squeeze(0) / tensor(t).reference_scale;
  });
}

torch::Tensor NetworkPlan::features(const SlotRange& range) const {
  return kept_features_.defined() ? kept_features_.narrow(0, range.slot, range.slots) : make_features(range);
}

torch::Tensor NetworkPlan::mask(const SlotRange& range) const {
  return kept_mask_.defined() ? kept_mask_.narrow(0, range.chunk, range.chunks) : make_mask(range);
}

torch::Tensor NetworkPlan::anchor_chunks(const SlotRange& range) const {
  return kept_anchor_.defined() ? kept_anchor_.narrow(0, range.chunk, range.chunks) : make_anchor_chunks(range);
}

torch::Tensor NetworkPlan::deviation(std::int64_t index, const Weights& weights) const {
  const auto parameter = tensor(index).parameter;
  return (weights.tensors[parameter] - anchor_.tensors[parameter]).reshape({weights.population(), -1});
}

torch::Tensor NetworkPlan::deviations(const Weights& weights) const {
  std::vector<torch::Tensor> all;
  for (std::int64_t t = 0; t < tensors(); ++t) all.push_back(deviation(t, weights));
  return torch::cat(all, 1);
}

torch::Tensor NetworkPlan::values(std::int64_t index, const torch::Tensor& chunks, const torch::Tensor& scales) const {
  const SlotTensor& of = tensor(index);
  const auto& anchor = anchor_.tensors[of.parameter];
  auto shape = anchor.sizes().vec();
  shape[0] = chunks.size(0);
  const auto deviation = join_chunks(of, chunks) * (scales * of.reference_scale).unsqueeze(1);
  return deviation.view(shape) + anchor;
}

Weights NetworkPlan::weights(const torch::Tensor& chunks, const torch::Tensor& scales) const {
  Weights out;
  for (const auto& tensor : anchor_.tensors) {
    auto shape = tensor.sizes().vec();
    shape[0] = chunks.size(0);
    out.tensors.push_back(tensor.expand(shape));
  }
  for (std::int64_t t = 0; t < tensors(); ++t) {
    const auto range = slot_range(layout_, t, 1);
    out.tensors[tensor(t).parameter] = values(t, chunks.narrow(1, range.chunk, range.chunks), scales.select(1, t));
  }
  return out;
}

}  // namespace weightloom
