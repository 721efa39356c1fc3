#include "weights_layout.hpp"

#include <algorithm>

namespace weightloom {

bool WeightsLayout::settle() {
  std::ranges::sort(places, {}, [](const Place& place) { return std::pair(place.begin, place.bytes); });
  std::uint64_t free_from = 0;
  for (const auto& place : places) {
    if (place.begin < free_from) return false;
    free_from = place.begin + place.bytes;
  }
  return true;
}

}  // namespace weightloom
