#pragma once
// What a network may have in hyperparameters and configuration. A record must be decoded again: its nesting stays well
// below kMostJsonNesting, wherever it is wrapped.

#include <cstddef>

namespace weightloom {

inline constexpr std::size_t kMostSettingLevels = 30, kMostSettings = 10'000;

}  // namespace weightloom
