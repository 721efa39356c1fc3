#include "equation.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "characters.hpp"
#include "vocabulary.hpp"

namespace weightloom {
namespace {

// Words, numbers and single signs.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    end = at + 1;
    const auto inside = [&] { return end < text.size() && (is_letter(text[end]) || is_digit(text[end])); };
    if (is_letter(text[at]) || is_digit(text[at]))
      while (inside()) ++end;
    if (text[at] != ' ') parts.emplace_back(text.substr(at, end - at));
  }
  return parts;
}

// "5x", but not "5k".
bool is_multiple(const std::string& part) {
  return part.size() > 1 && is_letter(part.back()) && part.back() != 'k' && part.back() != 'm' &&
         std::all_of(part.begin(), part.end() - 1, is_digit);
}

bool is_term(const std::string& part) {
  return (part.size() == 1 && is_letter(part[0])) || std::ranges::all_of(part, is_digit) || is_multiple(part);
}

// Whether the parts of one side say more than a single term, from its outer end to the "=".
bool is_expression(const std::vector<std::string>& parts, std::size_t begin, std::size_t end) {
  bool term = false, joined = false;
  for (auto i = begin; i < end; ++i) {
    if (is_power(parts[i]) || is_multiple(parts[i])) return true;
    if (is_term(parts[i]) && joined) return true;
    if (is_term(parts[i])) term = true;
    joined = term && is_reckoning_sign(parts[i]);
  }
  return false;
}

}  // namespace

bool is_equation(std::string_view text) {
  const auto parts = parts_of(text);
  if (std::ranges::count(parts, "=") != 1) return false;
  const auto equals = static_cast<std::size_t>(std::ranges::find(parts, "=") - parts.begin());
  const auto counts = [&](std::size_t i) {
    return is_term(parts[i]) || is_reckoning_sign(parts[i]) || is_power(parts[i]);
  };
  auto begin = equals, end = equals + 1;
  while (begin > 0 && counts(begin - 1)) --begin;
  while (end < parts.size() && counts(end)) ++end;
  const bool both = begin < equals && end > equals + 1;
  return is_expression(parts, begin, equals) || (both && is_expression(parts, equals + 1, end));
}

}  // namespace weightloom
