#include "weightloom/generator/slot_blocks.hpp"

#include <algorithm>
#include <vector>

namespace weightloom {

SlotBlocks make_slot_blocks(const SlotLayout& layout, const SlotRange& range, const torch::TensorOptions& indices) {
  const std::int64_t width = std::min(kBlockSlots, range.slots);
  std::vector<std::int64_t> slots, blocks, tensors, places;
  const auto fill_row = [&] {
    const auto rows = (static_cast<std::int64_t>(slots.size()) + width - 1) / width;
    const auto size = static_cast<std::size_t>(rows * width);
    slots.resize(size, 0);
    blocks.resize(size, -1);
    tensors.resize(size, 0);
  };
  std::int64_t block = 0, slot = 0;
  for (std::int64_t t = range.tensor; t < range.tensor + range.tensors; ++t) {
    const auto whole = slot_range(layout, t, 1);
    const auto of_tensor =
        std::min(whole.slot + whole.slots, range.slot + range.slots) - std::max(whole.slot, range.slot);
    for (std::int64_t begin = 0; begin < of_tensor; begin += kBlockSlots, ++block) {
      const auto size = std::min(kBlockSlots, of_tensor - begin);
      if (static_cast<std::int64_t>(slots.size()) % width + size > width) fill_row();
      for (std::int64_t i = 0; i < size; ++i) {
        places.push_back(static_cast<std::int64_t>(slots.size()));
        slots.push_back(slot++);
        blocks.push_back(block);
        tensors.push_back(t);
      }
    }
  }
  fill_row();
  const auto rows = [&](const std::vector<std::int64_t>& values) {
    return torch::tensor(values, indices).view({-1, width});
  };
  return {rows(slots), rows(blocks), rows(tensors), torch::tensor(places, indices)};
}

torch::Tensor own_block(const SlotBlocks& blocks, bool in_order) {
  const auto& own = blocks.blocks;
  const auto width = own.size(1);
  auto seen = own.unsqueeze(2).eq(own.unsqueeze(1)) & own.unsqueeze(2).ge(0);
  if (in_order) seen = seen & torch::ones({width, width}, own.options().dtype(torch::kBool)).tril();
  return seen | torch::eye(width, own.options().dtype(torch::kBool));
}

torch::Tensor to_places(const SlotBlocks& blocks, const torch::Tensor& by_slot) {
  return by_slot.index_select(1, blocks.slots.flatten())
      .view({by_slot.size(0), blocks.slots.size(0), blocks.slots.size(1), by_slot.size(2)});
}

torch::Tensor from_places(const SlotBlocks& blocks, const torch::Tensor& by_place) {
  return by_place.flatten(1, 2).index_select(1, blocks.places);
}

}  // namespace weightloom
