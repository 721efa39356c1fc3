#include "scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weightloom/base/units.hpp"

namespace weightloom {
namespace {

// The round step (1, 2 or 5 times a power of ten) nearest above range / count.
double round_step(double range, double count) {
  const double raw = range / count, power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * 0.999) return factor * power;
  return 10 * power;
}

std::string tick_label(double value, double step, bool percent) {
  if (percent) value *= 100, step *= 100;
  if (std::abs(value) < step * 1e-6) value = 0;
  if (std::abs(value) >= 1e6 || (step < 1e-4 && value != 0)) return fmt::format("{:.3g}", value);
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  return format_number(value, digits);
}

}  // namespace

double reach(const PlotAxis& axis, double center, double value) {
  const bool fraction = axis.percent && center >= 0 && center <= 1;
  return fraction && std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : value;
}

Scale::Scale(const PlotAxis& axis, const std::vector<double>& values, double first_pixel, double last_pixel,
             double tick_distance)
    : percent_(axis.percent), logarithmic_(axis.logarithmic), first_pixel_(first_pixel), last_pixel_(last_pixel) {
  std::vector<double> shown;
  std::copy_if(values.begin(), values.end(), std::back_inserter(shown), [&](double v) { return shows(v); });
  for (const auto& mark : axis.marks)
    if (shows(mark.at)) shown.push_back(mark.at);
  if (shown.empty()) shown = logarithmic_ ? std::vector<double>{0.1, 1} : std::vector<double>{0, 1};
  const auto [low, high] = std::minmax_element(shown.begin(), shown.end());
  logarithmic_ ? set_logarithmic(axis, *low, *high) : set_linear(axis, *low, *high, tick_distance);
}

void Scale::set_linear(const PlotAxis& axis, double least, double most, double tick_distance) {
  const auto bound = [](const std::optional<double>& given, double fallback) {
    return given && std::isfinite(*given) ? *given : fallback;
  };
  // Halved before they are subtracted, so that the largest doubles do not overflow.
  const double air = 0.04 * 2 * (most / 2 - least / 2);
  least_ = bound(axis.least, least - air);
  most_ = bound(axis.most, most + air);
  if (axis.percent) {
    if (least >= 0) least_ = std::max(least_, 0.0);
    if (most <= 1) most_ = std::min(most_, 1.0);
  }
  const double middle = least_ / 2 + most_ / 2;
  if (!(most_ / 2 - least_ / 2 > std::abs(middle) * 1e-9)) {
    const double half = middle == 0 ? 1 : std::abs(middle) * 0.1;
    least_ = middle - half, most_ = middle + half;
  }
  const double count = std::max(2.0, std::abs(last_pixel_ - first_pixel_) / tick_distance);
  const double step = round_step(2 * (most_ / 2 - least_ / 2), count);
  if (!std::isfinite(step) || step <= 0) return;
  const double first = std::ceil(least_ / step - 1e-9);
  for (int i = 0; i < 100 && (first + i) * step <= most_ + step * 1e-9; ++i)
    ticks_.push_back({(first + i) * step, tick_label((first + i) * step, step, percent_)});
}

void Scale::set_logarithmic(const PlotAxis& axis, double least, double most) {
  const auto bound = [](const std::optional<double>& given, double fallback) {
    return given && *given > 0 && std::isfinite(*given) ? *given : fallback;
  };
  least_ = std::log10(bound(axis.least, least));
  most_ = std::log10(bound(axis.most, most));
  const double air = std::max(0.04 * (most_ - least_), 0.02);
  if (!axis.least) least_ -= air;
  if (!axis.most) most_ += air;
  if (most_ - least_ < 1e-6) least_ -= 0.1, most_ += 0.1;
  const double decades = most_ - least_;
  const std::vector<double> factors = decades > 2.5   ? std::vector<double>{1}
                                      : decades > 0.9 ? std::vector<double>{1, 2, 5}
                                                      : std::vector<double>{1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9};
  const int stride = std::max(1, static_cast<int>(decades / 8));
  for (int power = static_cast<int>(std::floor(least_)); power <= static_cast<int>(std::ceil(most_)); power += stride)
    for (double factor : factors) {
      const double value = factor * std::pow(10, power);
      if (const double at = std::log10(value); at >= least_ && at <= most_)
        ticks_.push_back({value, percent_ ? format_significant(100 * value) : format_significant(value)});
    }
}

bool Scale::shows(double value) const {
  return std::isfinite(value) && (!logarithmic_ || value > 0);
}

double Scale::position(double value) const {
  return logarithmic_ ? std::log10(value) : value;
}

double Scale::pixel(double value) const {
  const double half_range = most_ / 2 - least_ / 2;
  const double share = std::clamp((position(value) / 2 - least_ / 2) / half_range, 0.0, 1.0);
  return first_pixel_ + share * (last_pixel_ - first_pixel_);
}

std::string Scale::describe(double value) const {
  return percent_ ? format_percent(value) : format_significant(value, 4);
}

}  // namespace weightloom
