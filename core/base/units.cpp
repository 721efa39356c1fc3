#include "weightloom/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <span>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit kSizes[] = {{"", 1},      {"b", 1},        {"kb", 1e3},     {"mb", 1e6},     {"gb", 1e9},
                           {"tb", 1e12}, {"kib", 0x1p10}, {"mib", 0x1p20}, {"gib", 0x1p30}, {"tib", 0x1p40}};
constexpr Unit kCounts[] = {{"", 1}, {"k", 1e3}, {"m", 1e6}, {"b", 1e9}};
constexpr Unit kDurations[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
constexpr Unit kShares[] = {{"", 1}, {"%", 0.01}};

[[noreturn]] void refuse(std::string_view text, const char* id, const char* why) {
  throw Error(ErrorCode::kUsage, id, "cannot use '" + std::string(text) + "'", why);
}

double parse(std::string_view text, std::span<const Unit> units, const char* id, const char* why) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number) || number < 0 || text.front() == '-') refuse(text, id, why);
  std::string unit(end, text.data() + text.size());
  unit.erase(0, unit.find_first_not_of(' ') == std::string::npos ? unit.size() : unit.find_first_not_of(' '));
  std::ranges::transform(unit, unit.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [name, factor] : units)
    if (name == unit) return number * factor;
  refuse(text, id, why);
}

std::uint64_t parse_whole(std::string_view text, std::span<const Unit> units, const char* id, const char* why) {
  const double value = parse(text, units, id, why);
  if (value >= 0x1p63) refuse(text, id, why);
  return static_cast<std::uint64_t>(std::llround(value));
}

}  // namespace

std::uint64_t parse_size(std::string_view text) {
  return parse_whole(text, kSizes, "unit.size", "a size is a number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB");
}

std::uint64_t parse_count(std::string_view text) {
  return parse_whole(text, kCounts, "unit.count", "a count is a number, optionally with k, M or B (10^9)");
}

double parse_duration(std::string_view text) {
  return parse(text, kDurations, "unit.duration", "a duration is a number with s, m, h, d or w");
}

double parse_share(std::string_view text) {
  constexpr auto* why = "a share is 0% to 100%, or 0 to 1";
  const double share = parse(text, kShares, "unit.share", why);
  if (share > 1) refuse(text, "unit.share", why);
  return share;
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
    digits.insert(static_cast<std::size_t>(at), ",");
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
