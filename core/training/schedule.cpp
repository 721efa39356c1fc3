#include "weightloom/training/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace weightloom {
namespace {

// Shares of the steps. The rise keeps Adam's first, noisy steps small. The plateau is where a generator learns most;
// the cosine settles it.
constexpr double kRise = 0.05, kFall = 0.4;
// The last steps should still move a little: they are what the moving average sees.
constexpr double kLeast = 0.01;

}  // namespace

double linear_schedule(double peak, double warmup, std::int64_t step, std::int64_t steps) {
  const auto warm = static_cast<std::int64_t>(warmup * static_cast<double>(steps));
  if (step < warm) return peak * static_cast<double>(step + 1) / static_cast<double>(warm);
  return peak * static_cast<double>(steps - step) / static_cast<double>(steps - warm);
}

double plateau_schedule(double peak, std::int64_t step, std::int64_t steps) {
  const double done = static_cast<double>(step) / static_cast<double>(steps);
  // 1e-9: the first step is not entirely lost.
  const double rise = std::min(1.0, (done + 1e-9) / kRise);
  const double fall = done < kFall ? 1.0 : 0.5 * (1 + std::cos(M_PI * (done - kFall) / (1 - kFall)));
  return peak * std::min(rise, std::max(fall, kLeast));
}

}  // namespace weightloom
