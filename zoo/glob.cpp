#include "glob.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace weightloom {
namespace {

// Length of the set that opens at pattern[0] == '[', or nullopt when it never closes (then '[' is literal).
std::optional<std::size_t> set_length(std::string_view pattern) {
  const auto close = pattern.find(']', 2);
  if (close == std::string_view::npos) return std::nullopt;
  return close + 1;
}

bool set_contains(std::string_view set, char c) {
  const bool negated = set.starts_with('!');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    found |= range ? set[i] <= c && c <= set[i + 2] : set[i] == c;
    if (range) i += 2;
  }
  return found != negated;
}

// How many bytes of the pattern match `c`; 0: none.
std::size_t step(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[')
    if (const auto length = set_length(pattern)) return set_contains(pattern.substr(1, *length - 2), c) ? *length : 0;
  return pattern[0] == c ? 1 : 0;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t slash; (slash = path.find('/')) != std::string_view::npos; path.remove_prefix(slash + 1))
    parts.push_back(path.substr(0, slash));
  parts.push_back(path);
  return parts;
}

// Matches a pattern of elements with stars for any number of elements; a later star is tried anew before an earlier
// one, which is enough. `step(p, t)`: how many elements of the pattern match element t of the text from p on; 0: none.
template <class IsStar, class Step>
bool matches_with_stars(std::size_t pattern, std::size_t text, IsStar is_star, Step step) {
  std::size_t p = 0, t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text) {
    if (p < pattern && is_star(p)) {
      star = ++p;
      star_text = t;
    } else if (const std::size_t taken = p < pattern ? step(p, t) : 0) {
      p += taken;
      ++t;
    } else if (star) {
      p = *star;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern && is_star(p)) ++p;
  return p == pattern;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  return matches_with_stars(
      pattern.size(), text.size(), [&](std::size_t p) { return pattern[p] == '*'; },
      [&](std::size_t p, std::size_t t) { return step(pattern.substr(p), text[t]); });
}

bool path_matches(std::string_view pattern, std::string_view path) {
  const auto wanted = parts_of(pattern), found = parts_of(path);
  return matches_with_stars(
      wanted.size(), found.size(), [&](std::size_t p) { return wanted[p] == "**"; },
      [&](std::size_t p, std::size_t t) { return glob_matches(wanted[p], found[t]) ? 1u : 0u; });
}

bool may_match_below(std::string_view pattern, std::string_view folder) {
  const auto wanted = parts_of(pattern), found = parts_of(folder);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i + 1 >= wanted.size()) return false;
    if (wanted[i] == "**") return true;
    if (!glob_matches(wanted[i], found[i])) return false;
  }
  return true;
}

}  // namespace weightloom
