#include "weightloom/report/format.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace weightloom {
namespace {

constexpr const char* kNoValue = "–";

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

std::string format_number(double value, int digits) {
  return std::isfinite(value) ? without_negative_zero(fmt::format("{:.{}f}", value, digits)) : kNoValue;
}

std::string format_significant(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : kNoValue;
}

std::string format_percent(double fraction, int digits) {
  return std::isfinite(fraction) ? format_number(100 * fraction, digits) + " %" : kNoValue;
}

std::string format_spread(const Spread& fractions, int digits) {
  const auto mean = format_number(100 * fractions.mean, digits);
  const bool has_spread = std::isfinite(fractions.mean) && std::isfinite(fractions.std) && fractions.count > 1;
  return has_spread ? mean + " ± " + format_number(100 * fractions.std, digits) : mean;
}

std::string format_count(std::int64_t value) {
  auto text = std::to_string(value);
  const std::ptrdiff_t first = value < 0 ? 1 : 0;
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > first; place -= 3)
    text.insert(static_cast<std::size_t>(place), ",");
  return text;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return kNoValue;
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", 1000 * seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(std::min(seconds, 1e15)));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace weightloom
