#include "class_groups.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "vocabulary.hpp"

namespace weightloom {
namespace {

// A word is of the whole set if it is so close to a keyword.
constexpr double kOfWholeSet = 0.8;
// How far from a group a word may stand that says that it alone is meant.
constexpr std::size_t kNearGroup = 3;

class Groups {
 public:
  Groups(const Sentence& sentence, const Subjects& subject, const Meanings& meanings)
      : tokens_(sentence.tokens()), subject_(subject), meanings_(meanings) {
    for (const Token& token : tokens_)
      groups_.push_back(token.tells || token.left_out ? group_named(token.term, subject) : std::nullopt);
  }

  std::vector<std::int64_t> meant(const ClassList& list, bool all) const {
    std::vector<std::int64_t> classes = selected([&](std::size_t i) { return tokens_[i].tells && is_alone(i); });
    if (classes.empty() && !all && !says_whole()) classes = selected([&](std::size_t i) { return tokens_[i].tells; });
    const auto left_out = selected([&](std::size_t i) { return tokens_[i].left_out; });
    if (classes.empty()) {
      if (left_out.empty() || !list.named.empty()) return {};
      classes.resize(subject_.classes.size());
      std::iota(classes.begin(), classes.end(), 0);
    }
    for (const auto c : list.named) {
      if (std::ranges::find(classes, c) != classes.end()) continue;
      if (list.open) return {};  // "animals such as cats, machines such as ships"
      classes.push_back(c);
    }
    std::erase_if(classes,
                  [&](std::int64_t c) { return std::ranges::find(left_out, c) != left_out.end() || is_left_out(c); });
    return classes.size() < 2 || classes.size() == subject_.classes.size() ? std::vector<std::int64_t>() : classes;
  }

 private:
  // The classes of the groups that are named where `is` holds, each once.
  template <class Is>
  std::vector<std::int64_t> selected(const Is& is) const {
    std::vector<std::int64_t> classes;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!groups_[i] || !is(i)) continue;
      for (const auto c : subject_.groups[*groups_[i]].classes)
        if (std::ranges::find(classes, c) == classes.end()) classes.push_back(c);
    }
    return classes;
  }

  bool is_left_out(std::int64_t c) const {
    return std::ranges::any_of(
        tokens_, [&](const Token& token) { return token.left_out && class_named(token, subject_, meanings_) == c; });
  }

  // "Only the animals", "footwear alone", "vehicles and nothing else".
  bool is_alone(std::size_t at) const {
    for (auto i = at; i > 0 && at - i < kNearGroup && !tokens_[i].begins; --i) {
      if (is_restriction(tokens_[i - 1].word)) return true;
      if (tokens_[i - 1].tells) break;
    }
    for (auto i = at + 1; i < std::min(at + 1 + kNearGroup, tokens_.size()) && !tokens_[i].begins; ++i) {
      const auto& word = tokens_[i].word;
      if (is_alone_after(word) || word == "nothing") return true;
      if (tokens_[i].tells) break;
    }
    return false;
  }

  // A word of the whole set that is none of a group's: "clothes and shoes", but not "stone fruit", "the mammals of the
  // natural pictures", the set's own name or "what one wears on the feet".
  bool says_whole() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!tokens_[i].tells || groups_[i] || (i > 0 && groups_[i - 1]) || tokens_[i].term.text == "wear") continue;
      if (!is_source(i) && !is_set_name(tokens_[i].term) &&
          meanings_.closeness(tokens_[i].term, subject_.keywords) >= kOfWholeSet)
        return true;
    }
    return false;
  }

  bool is_source(std::size_t at) const {
    const auto before = [&](std::size_t back) { return at >= back ? tokens_[at - back].word : std::string(); };
    return before(1) == "from" || before(2) == "from" ||
           (before(1) == "the" && (before(2) == "of" || before(2) == "in"));
  }

  bool is_set_name(const Term& term) const {
    return std::ranges::find(subject_.names, term.text) != subject_.names.end() ||
           (!term.index && subject_.card->name.starts_with(term.text));
  }

  const std::vector<Token>& tokens_;
  const Subjects& subject_;
  const Meanings& meanings_;
  std::vector<std::optional<std::size_t>> groups_;  // that each token names
};

}  // namespace

std::vector<std::int64_t> classes_of_groups(const Sentence& sentence, const Subjects& subject, const Meanings& meanings,
                                            const ClassList& list, bool all) {
  return Groups(sentence, subject, meanings).meant(list, all);
}

}  // namespace weightloom
