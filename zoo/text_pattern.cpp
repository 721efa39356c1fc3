#include "text_pattern.hpp"

namespace weightloom {
namespace {

// Polynomial: all ways to match are followed at once, whatever the expression.
constexpr auto kFlavour = std::regex::ECMAScript | std::regex::nosubs | std::regex_constants::__polynomial;
// Up to here it is faster to begin anew at each place than to follow all beginnings at once.
constexpr std::size_t kShort = 64;

}  // namespace

TextPattern::TextPattern(const std::string& expression)
    : here_(expression, kFlavour), ahead_("(?:[^\\n]|\\n)*?(?:" + expression + ")", kFlavour) {}

bool TextPattern::is_in(std::string_view text) const {
  if (text.size() <= kShort) return std::regex_search(text.begin(), text.end(), here_);
  return std::regex_search(text.begin(), text.end(), ahead_, std::regex_constants::match_continuous);
}

}  // namespace weightloom
