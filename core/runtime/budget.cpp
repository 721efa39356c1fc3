#include "weightloom/runtime/budget.hpp"

#include <algorithm>
#include <limits>

namespace weightloom {

std::int64_t affordable_images(const Executor& executor, double operations) {
  const auto each = std::max<double>(1, static_cast<double>(executor.facts().flops));
  return static_cast<std::int64_t>(std::min<double>(operations / each, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace weightloom
