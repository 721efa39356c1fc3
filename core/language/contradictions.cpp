#include "contradictions.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "vocabulary.hpp"

namespace weightloom {
namespace {

class ContradictionReader : NamedTokens {
 public:
  explicit ContradictionReader(const NamedTokens& tokens) : NamedTokens(tokens) {}

  std::optional<std::string> find(const ClassList& list) const {
    for (std::size_t i = 1; i < tokens_.size(); ++i)
      if (leaves_out_class(i, list) || leaves_out_several(i) || leaves_out_all(i) || leaves_out_nothing(i) ||
          denies_whole(i))
        return tokens_[i].word;
    if (const auto asked = left_out_by_groups(list)) return asked;
    return list.whether ? std::nullopt : last_of_all_left_out();
  }

 private:
  // "Digits, but no digits of any kind".
  bool denies_whole(std::size_t at) const {
    const Token& token = tokens_[at];
    if (class_named(token, subject_, meanings_) || !is_of_whole(token) || !is_plural(token.word) || !token.left_out ||
        group_named(token.term, subject_))
      return false;
    const auto& denial =
        at > 2 && is_phrase(at - 3, {"none", "of", "the"}) ? tokens_[at - 3].word : tokens_[at - 1].word;
    const auto next = at + 1;
    const bool ends = next == tokens_.size() || tokens_[next].begins || tokens_[next].word == "whatsoever" ||
                      is_phrase(next, {"at", "all"}) || is_phrase(next, {"of", "any"}) ||
                      (tokens_[next].word == "of" && next + 1 < tokens_.size() && is_set_name(next + 1));
    return (denial == "no" || denial == "none" || denial == "without" || denial == "any") && ends &&
           any(0, at, [&](std::size_t i) { return tokens_[i].tells && tokens_[i].term.text == token.term.text; });
  }

  // "With nothing left out", where something is.
  bool leaves_out_nothing(std::size_t at) const {
    return (is_nothing(tokens_[at - 1].word) || tokens_[at - 1].word == "none") && !tokens_[at].begins && is_out(at) &&
           any(0, tokens_.size(), [&](std::size_t i) { return !left_out_at(i).empty(); });
  }

  // "Sneakers and sandals, and no footwear": all that is asked for is of what is left out.
  std::optional<std::string> left_out_by_groups(const ClassList& list) const {
    if (list.whether || list.classes.empty()) return std::nullopt;
    std::set<std::int64_t> left_out;
    std::optional<std::string> last;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto more = left_out_at(i);
      left_out.insert(more.begin(), more.end());
      if (!more.empty()) last = tokens_[i].word;
    }
    const bool all = std::ranges::all_of(list.classes, [&](std::int64_t c) { return left_out.contains(c); });
    return all ? last : std::nullopt;
  }

  // "Cats against dogs, without any dogs", "only sandals, and no sandals"; but not "a cat or no cat", "without dogs in
  // coats", nor "no sneakers here: sneakers or boots".
  bool leaves_out_class(std::size_t at, const ClassList& list) const {
    const auto& asked = list.classes.empty() ? list.named : list.classes;
    if (is_barred(at, asked)) return true;
    const bool only = any(0, tokens_.size(), [&](std::size_t i) { return is_restriction(tokens_[i].word); });
    if (!tokens_[at].left_out || (list.whether && !only)) return false;
    const auto c = class_named(tokens_[at], subject_, meanings_);
    return c && is_name_of(at, *c) && std::ranges::find(asked, *c) != asked.end() &&
           any(0, at, [&](std::size_t i) { return named_[i] == c; }) &&
           (is_taken_out(at) || is_denied_outright(at, list.whether));
  }

  // "Ships against trucks, and trucks must not be one of the classes".
  bool is_barred(std::size_t at, const std::vector<std::int64_t>& asked) const {
    const auto c = class_named(tokens_[at], subject_, meanings_);
    if (!c || !is_name_of(at, *c) || std::ranges::find(asked, *c) == asked.end() ||
        !any(0, at, [&](std::size_t i) { return named_[i] == c; }))
      return false;
    const auto end = std::min(at + 1 + kLongestGap, tokens_.size());
    bool being = false;
    for (auto i = at + 1; i < end && !tokens_[i].begins; ++i) {
      if (being && is_out(i)) return true;
      if (tokens_[i].tells) return false;
      being = being || is_being(tokens_[i].word);
      const auto& word = tokens_[i].word;
      if ((is_denied_being(word) || word == "never" || word == "account" || word == "circumstances") &&
          (is_phrase(i + 1, {"be", "one", "of"}) || is_phrase(i + 1, {"be", "a"}) ||
           is_phrase(i + 1, {"be", "among"}) || is_phrase(i + 1, {"in", "it"}) || is_phrase(i + 1, {"be", "in", "it"})))
        return true;
    }
    return false;
  }

  // "Just the animals, and none of the animals", "only the even ones, none of the even ones"; but not "of the animals
  // and vehicles, none of the animals".
  bool leaves_out_several(std::size_t at) const {
    const Token& token = tokens_[at];
    auto next = at + 1;
    const bool denied =
        token.left_out ||
        (is_parity(at) && any(start_of_clause(at), at, [&](std::size_t i) { return is_negation(tokens_[i].word); }));
    if (!denied || !(is_parity(at) || group_named(token.term, subject_))) return false;
    while (next < tokens_.size() && !tokens_[next].begins &&
           (tokens_[next].word == "ones" || is_of_whole(tokens_[next]) || is_politeness(tokens_[next].word)))
      ++next;
    const bool ends = next == tokens_.size() || tokens_[next].begins;
    const auto other = [&](std::size_t i) {
      return tokens_[i].tells && group_named(tokens_[i].term, subject_) != group_named(token.term, subject_) &&
             group_named(tokens_[i].term, subject_);
    };
    const auto again = [&](std::size_t i) {
      return (tokens_[i].tells || is_parity(i)) && tokens_[i].term.text == token.term.text;
    };
    return any(0, at, again) && !any(0, at, other) && (is_taken_out(at) || (ends && is_denied_outright(at, false)));
  }

  // "Minus all the animals, minus all the vehicles", "none of the digits 0, 1, ..., 9": class by class, or by groups.
  std::optional<std::string> last_of_all_left_out() const {
    std::set<std::int64_t> left_out;
    std::optional<std::int64_t> last;  // of "except for zero to nine"
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto more = left_out_at(i);
      left_out.insert(more.begin(), more.end());
      if (last && more.size() == 1 && subject_.numbered && is_range(tokens_[i - 1].word))
        for (std::int64_t c = *last; c < more.front(); ++c) left_out.insert(c);
      if (!more.empty()) last = more.front();
      if (left_out.size() == subject_.classes.size()) return tokens_[i].word;
    }
    return std::nullopt;
  }

  std::vector<std::int64_t> left_out_at(std::size_t at) const {
    const Token& token = tokens_[at];
    std::vector<std::int64_t> out;
    if (is_denied_parity(at)) {
      for (std::int64_t c = 0; c < static_cast<std::int64_t>(subject_.classes.size()); ++c)
        if (number_at(c) % 2 == (token.word == "odd" ? 1 : 0)) out.push_back(c);
      return out;
    }
    if (!token.left_out) return out;
    if (const auto group = group_named(token.term, subject_)) return subject_.groups[*group].classes;
    if (const auto c = class_named(token, subject_, meanings_); c && is_name_of(at, *c)) out.push_back(*c);
    return out;
  }

  bool is_parity(std::size_t at) const {
    return subject_.numbered && (tokens_[at].word == "even" || tokens_[at].word == "odd");
  }

  // "With all of its classes left out", "minus every digit", "both of them left out": nothing but what all are called.
  bool leaves_out_all(std::size_t at) const {
    const auto& word = tokens_[at].word;
    if (word != "all" && word != "each" && word != "every" && word != "both" && word != "any") return false;
    auto end = at + 1;
    while (end < tokens_.size() && !tokens_[end].begins && is_of_all(end)) ++end;
    const bool taken = end < tokens_.size() && !tokens_[end].begins && is_out(end);
    const bool ends =
        end == tokens_.size() || tokens_[end].begins || is_phrase(end, {"in", "it"}) || is_phrase(end, {"at", "all"});
    if (taken) return word != "any" && !any(start_of_clause(at), at, [&](std::size_t i) { return !is_with(i); });
    return ends && end > at + 1 && word != "both" && is_left_out_before(at);
  }

  // "Of its ten classes", but no group: "all of the animals".
  bool is_of_all(std::size_t at) const {
    const Token& token = tokens_[at];
    const bool whole = is_of_whole(token) && !group_named(token.term, subject_);
    return whole || token.word == "of" || token.word == "one" || is_determiner(token.word) || token.word == "them" ||
           is_kind(token.word) || is_label(token.word) || (!is_plural(token.word) && number_of(token.word));
  }

  bool is_with(std::size_t at) const {
    return tokens_[at].word == "with" || is_joint(tokens_[at].word) || tokens_[at].word == "but" ||
           (tokens_[at].tells && is_set_name(at));
  }

  // "Minus all", "leave out each of"; but not "without leaving out any", "not all".
  bool is_left_out_before(std::size_t at) const {
    auto denial = at;
    while (denial > 0 && (tokens_[denial - 1].word == "out" || tokens_[denial - 1].word == "of")) --denial;
    if (denial == 0) return false;
    if (denial > 1 && is_not_wanted(tokens_[denial - 2].word, tokens_[denial - 1].word)) return true;
    const auto& word = tokens_[denial - 1].word;
    const bool twice = denial > 1 && (is_negation(tokens_[denial - 2].word) ||
                                      is_denied_being(tokens_[denial - 2].word) || tokens_[denial - 2].word == "never");
    return is_negation(word) && !is_denial(word) && !twice;
  }

  std::size_t start_of_clause(std::size_t at) const {
    while (at > 0 && !tokens_[at].begins) --at;
    return at;
  }

  bool is_out(std::size_t at) const {
    const auto& next = at + 1 < tokens_.size() ? tokens_[at + 1].word : tokens_[at].word;
    return is_removed(tokens_[at].word, next) || is_aside(tokens_[at].word);
  }

  // "With both the cats and the dogs left out", "threes are not to be used".
  bool is_taken_out(std::size_t at) const {
    bool denied = false;
    for (auto i = at + 1; i < tokens_.size() && !tokens_[i].begins; ++i) {
      if (is_out(i) || (denied && is_unwanted(tokens_[i].word))) return true;
      denied = denied || is_denied_being(tokens_[i].word);
    }
    return false;
  }

  bool is_denied_outright(std::size_t at, bool joined) const {
    auto denial = at;
    const auto denies = [&](std::size_t i) { return is_negation(tokens_[i].word) || is_phrase(i, {"never", "use"}); };
    while (denial > 0 && at - denial < kLongestGap && !denies(denial)) --denial;
    if (!denies(denial) || denial == 0) return false;
    const auto& before = tokens_[denial - 1].word;
    if (is_contrast(before) || before == "if" || before == "it" || is_being(before)) return false;
    if ((joined || tokens_[denial].word == "not") && before != "but" && !(joined && is_joint(before))) return false;
    const auto next = at + 1;
    if (next >= tokens_.size() || tokens_[next].begins) return true;
    const bool qualified = is_place_before(tokens_[next].word) || tokens_[next].word == "with";
    return !qualified || is_phrase(next + 1, {"it"}) || is_phrase(next + 1, {"them"}) || is_phrase(next, {"at", "all"});
  }
};

}  // namespace

std::optional<std::string> asked_for_and_left_out(const NamedTokens& tokens, const ClassList& list) {
  return ContradictionReader(tokens).find(list);
}

}  // namespace weightloom
