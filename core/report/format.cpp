#include "weightloom/report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace weightloom {
namespace {

// "-0.00" reads like a measurement.
std::string without_negative_zero(std::string text) {
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text.starts_with('-') ? text.substr(1) : text;
}

}  // namespace

Spread Spread::of(std::vector<double> samples) {
  Spread spread{std::numeric_limits<double>::quiet_NaN(), 0, 0, std::move(samples)};
  double sum = 0, squares = 0;
  for (double value : spread.samples)
    if (std::isfinite(value)) {
      sum += value;
      ++spread.count;
    }
  if (spread.count == 0) return spread;
  spread.mean = sum / static_cast<double>(spread.count);
  for (double value : spread.samples)
    if (std::isfinite(value)) squares += (value - spread.mean) * (value - spread.mean);
  if (spread.count > 1) spread.std = std::sqrt(squares / static_cast<double>(spread.count - 1));
  return spread;
}

Spread Spread::summary(double mean, double std, std::size_t count) {
  return {mean, std, count, {}};
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::string format_number(double value, int digits) {
  return std::isfinite(value) ? without_negative_zero(fmt::format("{:.{}f}", value, digits)) : kNoValue;
}

std::string format_significant(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : kNoValue;
}

std::string format_spread(const Spread& fractions, int digits) {
  const auto mean = format_number(100 * fractions.mean, digits);
  const bool has_spread = std::isfinite(fractions.mean) && std::isfinite(fractions.std) && fractions.count > 1;
  return has_spread ? mean + " ± " + format_number(100 * fractions.std, digits) : mean;
}

}  // namespace weightloom
