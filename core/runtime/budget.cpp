#include "weightloom/runtime/budget.hpp"

#include <algorithm>
#include <limits>

namespace weightloom {

namespace {

// A slot of a generator of width 128 and three layers takes about 10^6 operations for 144 weights. The least is what
// networks of a few million weights need for statistics of some hundred images.
constexpr double kOperationsPerWeight = 8e3, kLeastOperations = 9e10, kMostOperations = 2.5e11;

}  // namespace

double look_operations(const Executor& executor) {
  const auto weights = static_cast<double>(executor.description().parameter_count());
  return std::clamp(kOperationsPerWeight * weights, kLeastOperations, kMostOperations);
}

std::int64_t affordable_images(const Executor& executor, double operations) {
  const auto each = std::max<double>(1, static_cast<double>(executor.facts().flops));
  return static_cast<std::int64_t>(std::min<double>(operations / each, std::numeric_limits<std::int32_t>::max()));
}

std::int64_t affordable_images(const Executor& executor) {
  return affordable_images(executor, look_operations(executor));
}

}  // namespace weightloom
