#include "weightloom/tokenizer/network_plan.hpp"

namespace weightloom {
namespace {

ComputeOptions options_of(const Weights& weights) {
  return weights.tensors.empty() ? ComputeOptions() : weightloom::options_of(weights.tensors.front());
}

}  // namespace

NetworkPlan::NetworkPlan(NetworkDescription description, std::string family, Weights anchor_weights, std::int64_t chunk,
                         std::int64_t vector_chunk)
    : family_(std::move(family)),
      executor_(std::move(description)),
      layout_(make_slots(executor_.description(), executor_.facts(), chunk, vector_chunk)),
      anchor_(anchor_weights.detach()) {
  const auto compute = options_of(anchor_);
  const auto int64_tensor = [&](const std::vector<std::int64_t>& values) {
    return torch::tensor(values, compute.indices());
  };
  std::vector<std::int64_t> chunk_slots, scale_slots, slot_tensor, class_rows, value_tensor;
  std::vector<double> reference_scales, sizes;
  for (std::size_t s = 0; s < layout_.slots.size(); ++s) {
    const Slot& slot = layout_.slots[s];
    (slot.kind == Slot::Kind::kScale ? scale_slots : chunk_slots).push_back(static_cast<std::int64_t>(s));
    slot_tensor.push_back(static_cast<std::int64_t>(slot.tensor));
    class_rows.push_back(slot.class_row);
  }
  for (std::size_t t = 0; t < layout_.tensors.size(); ++t) {
    const auto count = element_count(this->description().parameters[layout_.tensors[t].parameter].shape);
    value_tensor.insert(value_tensor.end(), static_cast<std::size_t>(count), static_cast<std::int64_t>(t));
    sizes.push_back(static_cast<double>(count));
    reference_scales.push_back(layout_.tensors[t].reference_scale);
  }
  chunk_slots_ = int64_tensor(chunk_slots);
  scale_slots_ = int64_tensor(scale_slots);
  slot_tensor_ = int64_tensor(slot_tensor);
  class_rows_ = int64_tensor(class_rows);
  value_tensor_ = int64_tensor(value_tensor);
  reference_scales_ = torch::tensor(reference_scales, compute.floats());
  tensor_sizes_ = torch::tensor(sizes, compute.floats());

  // Both directions as tables: chunks are cut and joined at every training step.
  const auto gather = layout_.gather();
  std::vector<std::int64_t> scatter(static_cast<std::size_t>(layout_.values));
  for (std::size_t place = 0; place < gather.size(); ++place)
    if (gather[place] >= 0) scatter[static_cast<std::size_t>(gather[place])] = static_cast<std::int64_t>(place);
  const auto places = int64_tensor(gather);
  mask_ = (places >= 0).to(compute.dtype).view({-1, chunk});
  gather_ = places.clamp_min(0);  // padding reads any value; the mask takes it out again
  scatter_ = int64_tensor(scatter);

  features_ = torch::tensor(slot_features(this->description(), executor_.facts(), layout_), compute.floats())
                  .view({-1, kSlotFeatures});
  network_features_ =
      torch::tensor(weightloom::network_features(this->description(), executor_.facts()), compute.floats());

  std::vector<torch::Tensor> flat;
  for (const SlotTensor& tensor : layout_.tensors) flat.push_back(anchor_.tensors[tensor.parameter].reshape({1, -1}));
  anchor_values_ = torch::cat(flat, 1);
  anchor_chunks_ = to_chunks(anchor_values_ / spread(reference_scales_.unsqueeze(0))).squeeze(0);
}

torch::Tensor NetworkPlan::deviations(const Weights& weights) const {
  std::vector<torch::Tensor> flat;
  for (const SlotTensor& tensor : layout_.tensors)
    flat.push_back(weights.tensors[tensor.parameter].reshape({weights.population(), -1}));
  return torch::cat(flat, 1) - anchor_values_;
}

torch::Tensor NetworkPlan::tensor_rms(const torch::Tensor& values) const {
  auto sums = torch::zeros({values.size(0), tensors()}, values.options());
  sums.index_add_(1, value_tensor_, values * values);
  return (sums / tensor_sizes_).sqrt();
}

torch::Tensor NetworkPlan::spread(const torch::Tensor& scales) const {
  return scales.index_select(1, value_tensor_);
}

torch::Tensor NetworkPlan::to_chunks(const torch::Tensor& values) const {
  return values.index_select(1, gather_).view({values.size(0), mask_.size(0), mask_.size(1)}) * mask_;
}

torch::Tensor NetworkPlan::from_chunks(const torch::Tensor& chunks) const {
  return chunks.reshape({chunks.size(0), -1}).index_select(1, scatter_);
}

Weights NetworkPlan::weights(const torch::Tensor& deviations) const {
  const std::int64_t population = deviations.size(0);
  const auto values = deviations + anchor_values_;
  Weights out;
  // What is not tokenised, running statistics above all, is a view of the anchor's.
  for (const auto& tensor : anchor_.tensors) {
    auto shape = tensor.sizes().vec();
    shape[0] = population;
    out.tensors.push_back(tensor.expand(shape));
  }
  for (const SlotTensor& tensor : layout_.tensors) {
    auto& target = out.tensors[tensor.parameter];
    target = values.narrow(1, tensor.offset, target[0].numel()).view(target.sizes());
  }
  return out;
}

}  // namespace weightloom
