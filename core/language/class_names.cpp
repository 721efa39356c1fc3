#include <algorithm>
#include <optional>

#include "class_list.hpp"
#include "weightloom/language/reading.hpp"

namespace weightloom {
namespace {

std::optional<std::int64_t> class_of(const std::string& name, const std::vector<Subjects>& subjects,
                                     const Meanings& meanings) {
  const auto& classes = subjects.front().card->classes;
  if (const auto own = std::ranges::find(classes, name); own != classes.end()) return own - classes.begin();
  const Sentence sentence(name, subjects, meanings);
  std::optional<std::int64_t> found;
  for (const Token& token : sentence.tokens()) {
    const auto named = token.tells ? class_named(token, subjects.front(), meanings) : std::nullopt;
    if (named && found && *named != *found) return std::nullopt;
    if (named) found = named;
  }
  return found;
}

}  // namespace

std::vector<std::int64_t> classes_named(const std::vector<std::string>& names, const Card& card,
                                        const WordVectors& words) {
  const Meanings meanings(words);
  const std::vector<Card> cards{card};
  const std::vector<Subjects> subjects = look_up(cards, meanings);
  std::vector<std::int64_t> out;
  for (const auto& name : names) {
    const auto found = class_of(name, subjects, meanings);
    if (!found || std::ranges::find(out, *found) != out.end()) return {};
    out.push_back(*found);
  }
  return out;
}

}  // namespace weightloom
