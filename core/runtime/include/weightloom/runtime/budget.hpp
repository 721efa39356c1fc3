#pragma once
// What a look at images may cost, so that large networks take minutes and not hours.

#include <cstdint>

#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// Of one look at a network: as much as writing its weights costs, so that small ones take no longer for each weight
// than large ones; some seconds on two cores at most. [any-thread]
double look_operations(const Executor& executor);

// Images that a network can be executed on for `operations`; 0 when one costs more. At most INT32_MAX. [any-thread]
std::int64_t affordable_images(const Executor& executor, double operations);
// The same for one look.
std::int64_t affordable_images(const Executor& executor);

}  // namespace weightloom
