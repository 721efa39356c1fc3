#include "weightloom/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weightloom {
namespace {

// Worth `factor` times a power of ten. The factors are exact, so that only reading the decimal rounds.
struct Unit {
  std::string_view name;
  double factor;
  int power = 0;
};

constexpr Unit kNumbers[] = {{"", 1},         {"%", 1, -2},   {"k", 1, 3},   {"K", 1, 3},     {"M", 1, 6},
                             {"G", 1, 9},     {"T", 1, 12},   {"B", 1},      {"kB", 1, 3},    {"KB", 1, 3},
                             {"MB", 1, 6},    {"GB", 1, 9},   {"TB", 1, 12}, {"KiB", 0x1p10}, {"MiB", 0x1p20},
                             {"GiB", 0x1p30}, {"TiB", 0x1p40}};
constexpr Unit kDurations[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

// The double that is nearest to the decimal times the power of ten: 0.57 for "57" and -2, which 57 * 0.01 is not.
std::optional<double> scaled(std::string_view decimal, int power) {
  const auto mark = std::min(decimal.find_first_of("eE"), decimal.size());
  auto written = decimal.substr(std::min(mark + 1, decimal.size()));
  if (written.starts_with('+')) written.remove_prefix(1);
  int exponent = 0;
  if (!written.empty() && std::from_chars(written.data(), written.data() + written.size(), exponent).ec != std::errc())
    return std::nullopt;
  const auto text = fmt::format("{}e{}", decimal.substr(0, mark), std::int64_t{exponent} + power);
  double number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

std::optional<double> parse(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const auto decimal = text.substr(0, static_cast<std::size_t>(end - text.data()));
  const auto unit = std::ranges::find(units, text.substr(decimal.size()), &Unit::name);
  if (unit == units.end()) return std::nullopt;
  const auto value = unit->power == 0 ? std::optional(number * unit->factor) : scaled(decimal, unit->power);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  return parse(text, kNumbers);
}

std::optional<double> parse_duration(std::string_view text) {
  return parse(text, kDurations);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  constexpr std::array names{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  for (value /= 1024; value >= 1023.95 && unit + 1 < names.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, names[unit]);
}

std::string format_count(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t first = count < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(std::min(seconds, 1e15));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::string format_percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-";
}

}  // namespace weightloom
