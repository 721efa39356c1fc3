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

struct MatrixView {
  std::int64_t rows, columns;
};

MatrixView matrix_view(const Shape& shape) {
  if (shape.size() < 2) return {1, element_count(shape)};
  return {shape[0], element_count(shape) / shape[0]};
}

void add_chunks(SlotLayout& layout, std::size_t tensor, MatrixView view, std::int64_t chunk, bool head_weight) {
  const std::int64_t packed = head_weight ? 1 : std::max<std::int64_t>(1, chunk / view.columns);
  const std::int64_t parts = parts_of(view.columns, chunk);
  for (std::int64_t row = 0; row < view.rows; row += packed)
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t begin = view.columns * part / parts, end = view.columns * (part + 1) / parts;
      layout.slots.push_back({Slot::Kind::kChunk, tensor, row, std::min(packed, view.rows - row), begin, end - begin,
                              head_weight ? row : -1});
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

std::vector<std::int64_t> SlotLayout::gather() const {
  std::vector<std::int64_t> index;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const Slot& slot = slots[s];
    if (slot.kind == Slot::Kind::kScale) continue;
    const SlotTensor& tensor = tensors[slot.tensor];
    // The row length follows from the last chunk of the tensor's first row block.
    std::int64_t row_length = 0;
    for (std::size_t t = tensor.first_slot + 1; t < tensor.first_slot + tensor.slots && slots[t].row == 0; ++t)
      row_length = slots[t].column + slots[t].columns;
    const std::size_t end = index.size() + static_cast<std::size_t>(chunk);
    for (std::int64_t row = 0; row < slot.rows; ++row)
      for (std::int64_t column = 0; column < slot.columns; ++column)
        index.push_back(tensor.offset + (slot.row + row) * row_length + slot.column + column);
    index.resize(end, -1);
  }
  return index;
}

SlotLayout make_slots(const NetworkDescription& description, const GraphFacts& facts, std::int64_t chunk,
                      std::int64_t vector_chunk) {
  SlotLayout layout;
  layout.chunk = chunk;
  for (std::size_t p = 0; p < description.parameters.size(); ++p) {
    const ParameterSpec& parameter = description.parameters[p];
    if (!parameter.trainable) continue;
    const std::size_t tensor = layout.tensors.size();
    const std::size_t first = layout.slots.size();
    const MatrixView view = matrix_view(parameter.shape);
    layout.slots.push_back({Slot::Kind::kScale, tensor});
    add_chunks(layout, tensor, view, view.rows == 1 ? std::min(chunk, vector_chunk) : chunk,
               parameter.name == facts.head_weight);
    layout.tensors.push_back({p, first, layout.slots.size() - first, layout.values, reference_scale(parameter)});
    layout.values += element_count(parameter.shape);
  }
  return layout;
}

std::vector<float> slot_features(const NetworkDescription& description, const GraphFacts& facts,
                                 const SlotLayout& layout) {
  const std::vector<Address> places = addresses(description);
  const auto graph = surroundings(description, facts);
  const double tensor_count = static_cast<double>(layout.tensors.size());
  std::vector<float> features;
  features.reserve(layout.slots.size() * kSlotFeatures);
  std::vector<float> row;
  for (const Slot& slot : layout.slots) {
    const SlotTensor& tensor = layout.tensors[slot.tensor];
    const ParameterSpec& parameter = description.parameters[tensor.parameter];
    const Address& place = places[tensor.parameter];
    const MatrixView view = matrix_view(parameter.shape);
    const double order = static_cast<double>(slot.tensor);
    row.clear();
    row.push_back(slot.kind == Slot::Kind::kScale);
    for (int role = 0; role < 9; ++role) row.push_back(role == static_cast<int>(parameter.role));
    row.push_back(static_cast<float>(parameter.shape.size()) / 4);
    row.push_back(log_size(static_cast<double>(view.rows), 12));
    row.push_back(log_size(static_cast<double>(view.columns), 16));
    row.push_back(log_size(tensor.reference_scale * 1024, 10));
    row.push_back(static_cast<float>(order / std::max(1.0, tensor_count - 1)));
    row.push_back(log_size(tensor_count, 10));
    row.push_back(place.stage >= 0);
    row.push_back(place.block >= 0);
    row.push_back(static_cast<float>(place.fraction()));
    row.push_back(log_size(place.blocks, 6));
    for (int stage = 0; stage < 4; ++stage) row.push_back(place.stage == stage);
    row.push_back(static_cast<float>(slot.row) / static_cast<float>(view.rows));
    row.push_back(static_cast<float>(slot.column) / static_cast<float>(view.columns));
    row.push_back(log_size(static_cast<double>(slot.rows), 8));
    row.push_back(parameter.name == facts.head_weight);
    row.push_back(parameter.name == facts.head_bias);
    push_waves(row, order, 6);
    push_waves(row, static_cast<double>(slot.row), 6);
    push_waves(row, static_cast<double>(slot.column) / static_cast<double>(std::max<std::int64_t>(1, slot.columns)), 3);
    push_waves(row, place.block, 4);
    const auto& around = graph[tensor.parameter];
    row.insert(row.end(), around.begin(), around.end());
    row.resize(kSlotFeatures, 0.0f);
    features.insert(features.end(), row.begin(), row.end());
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
