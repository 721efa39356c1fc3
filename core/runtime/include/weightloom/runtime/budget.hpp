#pragma once
// What a look at images may cost, so that large networks take minutes and not hours.

#include <cstdint>

#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// Of one look: some seconds on two cores.
inline constexpr double kLookOperations = 2.5e11;

// Images that a network can be executed on for `operations`; 0 when one costs more. At most INT32_MAX. [any-thread]
std::int64_t affordable_images(const Executor& executor, double operations = kLookOperations);

}  // namespace weightloom
