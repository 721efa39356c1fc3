#include "weightloom/data/grouping.hpp"

#include <algorithm>
#include <charconv>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

constexpr std::string_view kRest = "rest";

[[noreturn]] void refuse_groups(std::string_view source, const std::string& why) {
  throw Error(ErrorCode::kUsage, "data.spec", "cannot use data set '" + std::string(source) + "'", why,
              "groups of classes are written source[classes+classes,rest], for example mnist[7,rest]");
}

std::vector<std::string_view> split_at(std::string_view text, char sign) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(sign, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::int64_t class_number(std::string_view source, std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || value < 0)
    refuse_groups(source, "the class '" + std::string(digits) + "' is not a number");
  return value;
}

}  // namespace

std::optional<ClassGrouping> ClassGrouping::of(std::string_view source) {
  const auto open = source.ends_with(']') ? source.rfind('[') : source.npos;
  if (open == source.npos || open == 0) return std::nullopt;
  const auto parts = split_at(source.substr(open + 1, source.size() - open - 2), ',');
  if (std::ranges::none_of(parts, [](auto part) { return part == kRest || part.find('+') != part.npos; }))
    return std::nullopt;
  ClassGrouping out{std::string(source.substr(0, open)), {}};
  std::vector<std::int64_t> taken;
  for (const auto part : parts) {
    std::vector<std::int64_t> group;
    if (part != kRest)
      for (const auto digits : split_at(part, '+')) {
        group.push_back(class_number(source, digits));
        if (std::ranges::find(taken, group.back()) != taken.end())
          refuse_groups(source, "class " + std::to_string(group.back()) + " stands there twice");
        taken.push_back(group.back());
      }
    else if (std::ranges::any_of(out.groups, &std::vector<std::int64_t>::empty))
      refuse_groups(source, "the rest stands there twice");
    out.groups.push_back(std::move(group));
  }
  if (ClassGrouping::of(out.source)) refuse_groups(source, "its classes are grouped twice");
  if (out.groups.size() < 2) refuse_groups(source, "one group leaves nothing to tell apart");
  return out;
}

std::vector<std::int64_t> ClassGrouping::group_of_each(std::size_t classes) const {
  std::vector<std::int64_t> out(classes, -1);
  std::optional<std::int64_t> rest;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].empty()) rest = static_cast<std::int64_t>(g);
    for (const auto c : groups[g]) {
      if (c >= static_cast<std::int64_t>(classes))
        throw Error(ErrorCode::kUsage, "data.class", "cannot use data set '" + text() + "'",
                    "class " + std::to_string(c) + " does not exist",
                    "'" + source + "' has classes 0 .. " + std::to_string(classes - 1));
      out[static_cast<std::size_t>(c)] = static_cast<std::int64_t>(g);
    }
  }
  if (rest && std::ranges::find(out, -1) == out.end())
    throw Error(ErrorCode::kUsage, "data.class", "cannot use data set '" + text() + "'",
                "no class is left for the rest", "leave it out, or a class");
  if (rest) std::ranges::replace(out, std::int64_t{-1}, *rest);
  return out;
}

std::vector<std::string> ClassGrouping::names(const std::vector<std::string>& classes) const {
  group_of_each(classes.size());  // all of them are there
  std::vector<std::string> out;
  for (const auto& group : groups) {
    std::string name;
    for (const auto c : group) name += (name.empty() ? "" : "+") + classes[static_cast<std::size_t>(c)];
    out.push_back(group.empty() ? std::string(kRest) : name);
  }
  return out;
}

std::string ClassGrouping::text() const {
  std::string out = source;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    out += g ? "," : "[";
    if (groups[g].empty()) out += kRest;
    for (std::size_t i = 0; i < groups[g].size(); ++i) out += (i ? "+" : "") + std::to_string(groups[g][i]);
  }
  return out + ']';
}

std::string ungrouped(const std::string& source) {
  const auto grouping = ClassGrouping::of(source);
  return grouping ? grouping->source : source;
}

std::vector<std::int64_t> equal_shares(const std::vector<std::int64_t>& labels, std::int64_t groups,
                                       std::uint64_t seed) {
  std::vector<std::int64_t> left(static_cast<std::size_t>(groups));
  for (const auto label : labels) ++left[static_cast<std::size_t>(label)];
  std::ranges::fill(left, left.empty() ? 0 : std::ranges::min(left));
  std::vector<std::int64_t> out;
  const auto order = Random(derive_seed(seed, "equal shares")).permutation(static_cast<std::int64_t>(labels.size()));
  for (const auto i : order)
    if (auto& share = left[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])]; share > 0) {
      --share;
      out.push_back(i);
    }
  std::ranges::sort(out);
  return out;
}

}  // namespace weightloom
