#include "weightloom/network/slots.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <span>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

TEST_CASE("slots cover every trainable value once, tensor after tensor") {
  for (const auto& net : {mlp(), cnn(), resnet(3), vit()}) {
    const auto description = net.parse();
    const auto layout = make_slots(description, analyse(description), 8, 4);
    CHECK(layout.values == description.parameter_count());
    std::size_t next = 0;
    for (const auto& tensor : layout.tensors) {
      std::vector<int> seen(static_cast<std::size_t>(tensor.rows * tensor.columns));
      for (std::size_t s = tensor.first_slot + 1; s < tensor.first_slot + tensor.slots; ++s)
        for (std::int64_t row = layout.slots[s].row; row < layout.slots[s].row + layout.slots[s].rows; ++row)
          for (std::int64_t k = 0; k < layout.slots[s].columns; ++k)
            ++seen[static_cast<std::size_t>(row * tensor.columns + layout.slots[s].column + k)];
      CHECK(std::ranges::all_of(seen, [](int count) { return count == 1; }));
      CHECK(seen.size() == static_cast<std::size_t>(element_count(description.parameters[tensor.parameter].shape)));
      CHECK(tensor.first_slot == next);
      CHECK(layout.slots[next].kind == Slot::Kind::kScale);
      next += tensor.slots;
    }
    CHECK(next == layout.slots.size());
  }
}

TEST_CASE("slots of different places have different features") {
  const auto description = vit().parse();
  const auto facts = analyse(description);
  const auto layout = make_slots(description, facts, 8, 4);
  const auto all = slot_range(layout, 0, static_cast<std::int64_t>(layout.tensors.size()));
  const SlotFeatures of_slots(description, facts, layout);
  const auto features = of_slots.of(layout, all);
  REQUIRE(features.size() == layout.slots.size() * static_cast<std::size_t>(kSlotFeatures));
  const auto row = [&](std::size_t slot) {
    const auto begin = features.begin() + static_cast<std::ptrdiff_t>(slot) * kSlotFeatures;
    return std::vector<float>(begin, begin + kSlotFeatures);
  };
  for (std::size_t slot = 1; slot < layout.slots.size(); ++slot) CHECK(row(slot) != row(slot - 1));
  for (const float value : features) CHECK(std::abs(value) <= 1.5f);
  // A range has the rows that it has in the whole.
  const auto part = slot_range(layout, 2, 3);
  const auto some = of_slots.of(layout, part);
  CHECK(std::ranges::equal(some, std::span(features).subspan(static_cast<std::size_t>(part.slot * kSlotFeatures),
                                                             static_cast<std::size_t>(part.slots * kSlotFeatures))));
}

TEST_CASE("the parts of a tensor are its slots in order, and only the first has the scale") {
  const auto description = vit().parse();
  const auto layout = make_slots(description, analyse(description), 8, 4);
  for (std::int64_t t = 0; t < static_cast<std::int64_t>(layout.tensors.size()); ++t)
    for (const std::int64_t most : {1, 3, 64}) {
      const auto whole = slot_range(layout, t, 1);
      auto slot = whole.slot, chunk = whole.chunk;
      for (const auto& part : slot_parts(layout, t, most)) {
        CHECK(part.slot == slot);
        CHECK(part.chunk == chunk);
        CHECK(part.slots <= most);
        CHECK(part.scales() == (part.slot == whole.slot ? 1 : 0));
        slot += part.slots;
        chunk += part.chunks;
      }
      CHECK(slot == whole.slot + whole.slots);
      CHECK(chunk == whole.chunk + whole.chunks);
    }
}
