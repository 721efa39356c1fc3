#pragma once
// Slots as the transformer reads them: cut into blocks of one tensor each.

#include <cstdint>

#include "weightloom/compute/torch.hpp"
#include "weightloom/network/slots.hpp"

namespace weightloom {

// The most slots that see each other: what attention costs a slot, however large its network is.
inline constexpr std::int64_t kBlockSlots = 64;

// N rows of W places, W at most kBlockSlots. int64.
struct SlotBlocks {
  torch::Tensor slots;    // [N, W]: the slot at each place, counted from the first of the range; 0 where there is none
  torch::Tensor blocks;   // [N, W]: the number of its block; -1 where there is none
  torch::Tensor tensors;  // [N, W]: the number of its tensor; 0 where there is none
  torch::Tensor places;   // [slots of the range]: where each stands in the flattened rows
};

// Tensors are cut into blocks of at most kBlockSlots; a row holds whole blocks, as many as fit. The blocks of a part of
// a tensor are those of the whole when it begins with one of them.
SlotBlocks make_slot_blocks(const SlotLayout& layout, const SlotRange& range, const torch::TensorOptions& indices);

// [N, W, W] (bool): which places of its row each place sees: those of its own block, up to itself when `in_order`. One
// that holds no slot sees itself.
torch::Tensor own_block(const SlotBlocks& blocks, bool in_order);

// [B, slots, D] <-> [B, N, W, D]
torch::Tensor to_places(const SlotBlocks& blocks, const torch::Tensor& by_slot);
torch::Tensor from_places(const SlotBlocks& blocks, const torch::Tensor& by_place);

}  // namespace weightloom
