#include "weightloom/generator/slot_blocks.hpp"

#include <catch2/catch.hpp>

#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

SlotLayout layout_of(const std::vector<std::int64_t>& sizes) {
  SlotLayout layout;
  for (std::size_t t = 0; t < sizes.size(); ++t) {
    layout.tensors.push_back({t, layout.slots.size(), static_cast<std::size_t>(sizes[t]), 0, 1});
    for (std::int64_t i = 0; i < sizes[t]; ++i)
      layout.slots.push_back({i == 0 ? Slot::Kind::kScale : Slot::Kind::kChunk, t});
  }
  return layout;
}

TEST_CASE("every slot has one place, beside slots of its own tensor alone") {
  Random random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::int64_t> sizes;
    for (std::uint64_t t = 0, count = 1 + random.below(12); t < count; ++t)
      sizes.push_back(2 + static_cast<std::int64_t>(random.below(random.uniform() < 0.2 ? 300 : 20)));
    const SlotLayout layout = layout_of(sizes);
    const auto first = static_cast<std::int64_t>(random.below(sizes.size()));
    const auto range = slot_range(layout, first, static_cast<std::int64_t>(sizes.size()) - first);
    const auto blocks = make_slot_blocks(layout, range, torch::kInt64);
    REQUIRE(blocks.places.size(0) == range.slots);
    CHECK(torch::equal(blocks.slots.flatten().index_select(0, blocks.places), torch::arange(range.slots)));
    CHECK((blocks.blocks >= 0).sum().item<std::int64_t>() == range.slots);
    const auto own = own_block(blocks, false);
    // A block is part of one tensor.
    const auto same = blocks.tensors.unsqueeze(2).eq(blocks.tensors.unsqueeze(1));
    const auto real = (blocks.blocks >= 0).unsqueeze(2);
    CHECK((own & real & ~same).sum().item<std::int64_t>() == 0);
    CHECK(own.sum(-1).min().item<std::int64_t>() >= 1);
    // Slots are where their tensors are.
    const auto tensors = blocks.tensors.flatten().index_select(0, blocks.places);
    for (std::int64_t s = 0; s < range.slots; s += 7)
      CHECK(tensors[s].item<std::int64_t>() ==
            static_cast<std::int64_t>(layout.slots[static_cast<std::size_t>(range.slot + s)].tensor));
  }
}

TEST_CASE("a tensor alone is cut like among others") {
  const SlotLayout layout = layout_of({3, 150, 7});
  const auto blocks = make_slot_blocks(layout, slot_range(layout, 1, 1), torch::kInt64);
  CHECK(blocks.slots.sizes() == torch::IntArrayRef({3, kBlockSlots}));
  CHECK(own_block(blocks, false)[2][0].sum().item<std::int64_t>() == 150 - 2 * kBlockSlots);
  CHECK(own_block(blocks, true)[2][3].sum().item<std::int64_t>() == 4);
  const auto range = slot_range(layout, 1, 2);
  CHECK(range.slot == 3);
  CHECK(range.chunk == 2);
  CHECK(range.chunks == 155);
}

TEST_CASE("places give back what slots hold") {
  const SlotLayout layout = layout_of({3, 70, 7});
  const auto blocks = make_slot_blocks(layout, slot_range(layout, 0, 3), torch::kInt64);
  const auto x = torch::arange(2 * 80 * 4).view({2, 80, 4});
  CHECK(torch::equal(from_places(blocks, to_places(blocks, x)), x));
}

}  // namespace
}  // namespace weightloom
