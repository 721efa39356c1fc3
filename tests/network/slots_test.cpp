#include "weightloom/network/slots.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

TEST_CASE("slots cover every trainable value once, tensor after tensor") {
  for (const auto& net : {mlp(), cnn(), resnet(3), vit()}) {
    const auto description = net.parse();
    const auto layout = make_slots(description, analyse(description), 8, 4);
    CHECK(layout.values == description.parameter_count());
    std::vector<int> seen(static_cast<std::size_t>(layout.values));
    for (const auto value : layout.gather())
      if (value >= 0) ++seen[static_cast<std::size_t>(value)];
    CHECK(std::ranges::all_of(seen, [](int count) { return count == 1; }));
    std::size_t next = 0;
    for (const auto& tensor : layout.tensors) {
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
  const auto features = slot_features(description, facts, layout);
  REQUIRE(features.size() == layout.slots.size() * static_cast<std::size_t>(kSlotFeatures));
  const auto row = [&](std::size_t slot) {
    const auto begin = features.begin() + static_cast<std::ptrdiff_t>(slot) * kSlotFeatures;
    return std::vector<float>(begin, begin + kSlotFeatures);
  };
  for (std::size_t slot = 1; slot < layout.slots.size(); ++slot) CHECK(row(slot) != row(slot - 1));
  for (const float value : features) CHECK(std::abs(value) <= 1.5f);
}
