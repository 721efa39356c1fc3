#include "weightloom/network/slots.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "weightloom/network/address.hpp"
#include "weightloom/network/init.hpp"
#include "weightloom/network/operators.hpp"
#include "weightloom/network/surroundings.hpp"

namespace weightloom {
namespace {

double reference_scale(const ParameterSpec& parameter) {
  if (const double deviation = initial_deviation(parameter); deviation > 0) return deviation;
  // Constant at the start: no scale of its own. A matrix moves about as far as a default draw is wide, a vector less.
  return parameter.shape.size() > 1 ? 1.0 / std::sqrt(fans(parameter.shape).in) : 0.1;
}

std::int64_t parts_of(std::int64_t length, std::int64_t most) {
  return (length + most - 1) / most;
}

SlotTensor cut(const Shape& shape, std::int64_t chunk, std::int64_t vector_chunk, bool head_weight) {
  SlotTensor tensor;
  const bool matrix = shape.size() > 1;
  tensor.rows = matrix ? shape[0] : 1;
  tensor.columns = element_count(shape) / tensor.rows;
  const std::int64_t most = tensor.rows == 1 ? std::min(chunk, vector_chunk) : chunk;
  tensor.packed = head_weight ? 1 : std::max<std::int64_t>(1, most / tensor.columns);
  tensor.parts = parts_of(tensor.columns, most);
  return tensor;
}

void add_chunks(SlotLayout& layout, std::size_t index, const SlotTensor& tensor, bool head_weight) {
  for (std::int64_t row = 0; row < tensor.rows; row += tensor.packed)
    for (std::int64_t part = 0; part < tensor.parts; ++part) {
      const std::int64_t begin = tensor.columns * part / tensor.parts, end = tensor.columns * (part + 1) / tensor.parts;
      layout.slots.push_back({Slot::Kind::kChunk, index, row, std::min(tensor.packed, tensor.rows - row), begin,
                              end - begin, head_weight ? row : -1});
    }
}

// Appends sin and cos of `x` at `octaves` frequencies pi, pi/2, pi/4, ...
void push_waves(std::vector<float>& out, double x, int octaves) {
  for (int i = 0; i < octaves; ++i) {
    const double phase = x * M_PI / std::exp2(i);
    out.push_back(static_cast<float>(std::sin(phase)));
    out.push_back(static_cast<float>(std::cos(phase)));
  }
}

float log_size(double n, double most) {
  return static_cast<float>(std::log2(std::max(1.0, n)) / most);
}

}  // namespace

SlotRange slot_range(const SlotLayout& layout, std::int64_t tensor, std::int64_t tensors) {
  const auto begin_of = [&](std::int64_t t) {
    return static_cast<std::int64_t>(t == static_cast<std::int64_t>(layout.tensors.size())
                                         ? layout.slots.size()
                                         : layout.tensors[static_cast<std::size_t>(t)].first_slot);
  };
  const auto slot = begin_of(tensor), slots = begin_of(tensor + tensors) - slot;
  return {tensor, tensors, slot, slots, slot - tensor, slots - tensors};
}

std::vector<SlotRange> slot_parts(const SlotLayout& layout, std::int64_t tensor, std::int64_t most) {
  const auto whole = slot_range(layout, tensor, 1);
  std::vector<SlotRange> parts;
  for (std::int64_t begin = 0; begin < whole.slots; begin += most) {
    const auto size = std::min(most, whole.slots - begin);
    const bool first = begin == 0;
    parts.push_back(
        {tensor, 1, whole.slot + begin, size, first ? whole.chunk : whole.chunk + begin - 1, first ? size - 1 : size});
  }
  return parts;
}

SlotLayout make_slots(const NetworkDescription& description, const GraphFacts& facts, std::int64_t chunk,
                      std::int64_t vector_chunk) {
  SlotLayout layout;
  layout.chunk = chunk;
  for (std::size_t p = 0; p < description.parameters.size(); ++p) {
    const ParameterSpec& parameter = description.parameters[p];
    if (!parameter.trainable) continue;
    const bool head_weight = parameter.name == facts.head_weight;
    SlotTensor tensor = cut(parameter.shape, chunk, vector_chunk, head_weight);
    tensor.parameter = p;
    tensor.reference_scale = reference_scale(parameter);
    tensor.first_slot = layout.slots.size();
    layout.slots.push_back({Slot::Kind::kScale, layout.tensors.size()});
    add_chunks(layout, layout.tensors.size(), tensor, head_weight);
    tensor.slots = layout.slots.size() - tensor.first_slot;
    layout.tensors.push_back(tensor);
    layout.values += element_count(parameter.shape);
  }
  return layout;
}

SlotFeatures::SlotFeatures(const NetworkDescription& description, const GraphFacts& facts, const SlotLayout& layout) {
  const std::vector<Address> places = addresses(description);
  const auto graph = surroundings(description, facts);
  const double tensor_count = static_cast<double>(layout.tensors.size());
  for (const SlotTensor& tensor : layout.tensors) {
    const ParameterSpec& parameter = description.parameters[tensor.parameter];
    const Address& place = places[tensor.parameter];
    const double order = static_cast<double>(tensors_.size());
    Shared& shared = tensors_.emplace_back();
    auto& before = shared.before;
    for (int role = 0; role < 9; ++role) before.push_back(role == static_cast<int>(parameter.role));
    before.push_back(static_cast<float>(parameter.shape.size()) / 4);
    before.push_back(log_size(static_cast<double>(tensor.rows), 12));
    before.push_back(log_size(static_cast<double>(tensor.columns), 16));
    before.push_back(log_size(tensor.reference_scale * 1024, 10));
    before.push_back(static_cast<float>(order / std::max(1.0, tensor_count - 1)));
    before.push_back(log_size(tensor_count, 10));
    before.push_back(place.stage >= 0);
    before.push_back(place.block >= 0);
    before.push_back(static_cast<float>(place.fraction()));
    before.push_back(log_size(place.blocks, 6));
    for (int stage = 0; stage < 4; ++stage) before.push_back(place.stage == stage);
    shared.between.push_back(parameter.name == facts.head_weight);
    shared.between.push_back(parameter.name == facts.head_bias);
    push_waves(shared.between, order, 6);
    push_waves(shared.behind, place.block, 4);
    const auto& around = graph[tensor.parameter];
    shared.behind.insert(shared.behind.end(), around.begin(), around.end());
  }
}

std::vector<float> SlotFeatures::of(const SlotLayout& layout, const SlotRange& range) const {
  std::vector<float> features;
  features.reserve(static_cast<std::size_t>(range.slots * kSlotFeatures));
  const auto append = [&](const std::vector<float>& part) {
    features.insert(features.end(), part.begin(), part.end());
  };
  for (std::int64_t s = range.slot; s < range.slot + range.slots; ++s) {
    const Slot& slot = layout.slots[static_cast<std::size_t>(s)];
    const SlotTensor& tensor = layout.tensors[slot.tensor];
    const Shared& shared = tensors_[slot.tensor];
    features.push_back(slot.kind == Slot::Kind::kScale);
    append(shared.before);
    features.push_back(static_cast<float>(slot.row) / static_cast<float>(tensor.rows));
    features.push_back(static_cast<float>(slot.column) / static_cast<float>(tensor.columns));
    features.push_back(log_size(static_cast<double>(slot.rows), 8));
    append(shared.between);
    push_waves(features, static_cast<double>(slot.row), 6);
    push_waves(features,
               static_cast<double>(slot.column) / static_cast<double>(std::max<std::int64_t>(1, slot.columns)), 3);
    append(shared.behind);
    features.resize(static_cast<std::size_t>((s - range.slot + 1) * kSlotFeatures), 0.0f);
  }
  return features;
}

std::vector<float> network_features(const NetworkDescription& description, const GraphFacts& facts) {
  std::array<double, kOperatorFeatures> counts{};
  for (const NodeSpec& node : description.nodes)
    if (const auto feature = find_operator(node.op)->feature) ++counts[*feature];
  std::vector<float> out;
  for (double count : counts) out.push_back(log_size(count + 1, 8));
  int blocks = 0, stages = 0;
  for (const Address& place : addresses(description)) {
    blocks = std::max(blocks, place.blocks);
    stages = std::max(stages, place.stage + 1);
  }
  out.push_back(log_size(static_cast<double>(description.parameter_count()), 30));
  out.push_back(log_size(static_cast<double>(facts.flops), 40));
  out.push_back(log_size(static_cast<double>(description.parameters.size()), 10));
  out.push_back(log_size(static_cast<double>(description.classes), 10));
  out.push_back(log_size(static_cast<double>(element_count(description.input.shape)), 20));
  out.push_back(log_size(blocks + 1, 6));
  out.push_back(static_cast<float>(stages) / 4);
  out.resize(kNetworkFeatures, 0.0f);
  return out;
}

}  // namespace weightloom
