#include "glob.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

// Length of the set that opens at pattern[0] == '[', or nullopt when it never closes (then '[' is literal).
std::optional<std::size_t> set_length(std::string_view pattern) {
  const auto close = pattern.find(']', 2);
  if (close == std::string_view::npos) return std::nullopt;
  return close + 1;
}

// The character that `text`, which is not empty, begins with; a byte that is not UTF-8 is one of its own.
std::string_view first_character(std::string_view text) {
  return text.substr(0, std::max<std::size_t>(1, utf8_length(text)));
}

// Of UTF-8 the order of bytes is that of characters. `!` is what the shell has, `^` what people know from elsewhere.
bool set_contains(std::string_view set, std::string_view c) {
  const bool negated = set.starts_with('!') || set.starts_with('^');
  if (negated) set.remove_prefix(1);
  bool found = false;
  while (!set.empty()) {
    const auto first = first_character(set);
    set.remove_prefix(first.size());
    auto last = first;
    if (set.size() > 1 && set.front() == '-') {
      last = first_character(set.substr(1));
      set.remove_prefix(1 + last.size());
    }
    found |= first <= c && c <= last;
  }
  return found != negated;
}

// How many bytes of the pattern match the character `c`; 0: none.
std::size_t step(std::string_view pattern, std::string_view c) {
  if (pattern.empty()) return 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[')
    if (const auto length = set_length(pattern)) return set_contains(pattern.substr(1, *length - 2), c) ? *length : 0;
  return pattern.starts_with(c) ? c.size() : 0;
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
// `next(t)`: where the element behind t begins.
template <class IsStar, class Step, class Next>
bool matches_with_stars(std::size_t pattern, std::size_t text, IsStar is_star, Step step, Next next) {
  std::size_t p = 0, t = 0;
  std::optional<std::size_t> star;
  std::size_t star_text = 0;
  while (t < text) {
    if (p < pattern && is_star(p)) {
      star = ++p;
      star_text = t;
    } else if (const std::size_t taken = p < pattern ? step(p, t) : 0) {
      p += taken;
      t = next(t);
    } else if (star) {
      p = *star;
      t = star_text = next(star_text);
    } else {
      return false;
    }
  }
  while (p < pattern && is_star(p)) ++p;
  return p == pattern;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  const auto character = [&](std::size_t t) { return first_character(text.substr(t)); };
  return matches_with_stars(
      pattern.size(), text.size(), [&](std::size_t p) { return pattern[p] == '*'; },
      [&](std::size_t p, std::size_t t) { return step(pattern.substr(p), character(t)); },
      [&](std::size_t t) { return t + character(t).size(); });
}

bool path_matches(std::string_view pattern, std::string_view path) {
  const auto wanted = parts_of(pattern), found = parts_of(path);
  return matches_with_stars(
      wanted.size(), found.size(), [&](std::size_t p) { return wanted[p] == "**"; },
      [&](std::size_t p, std::size_t t) { return glob_matches(wanted[p], found[t]) ? 1u : 0u; },
      [](std::size_t t) { return t + 1; });
}

bool may_match_below(std::string_view pattern, std::string_view folder) {
  const auto wanted = parts_of(pattern), found = parts_of(folder);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i < wanted.size() && wanted[i] == "**") return true;
    if (i + 1 >= wanted.size()) return false;
    if (!glob_matches(wanted[i], found[i])) return false;
  }
  return true;
}

}  // namespace weightloom
