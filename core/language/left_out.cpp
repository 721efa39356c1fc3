#include "left_out.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "architecture_kinds.hpp"
#include "characters.hpp"
#include "vocabulary.hpp"

namespace weightloom {
namespace {

class LeftOut {
 public:
  LeftOut(std::vector<Token>& tokens, const CardWords& words) : tokens_(tokens), words_(words) {}

  // "Ignore everything bar the dresses" is "keep only the dresses".
  void keep_what_is_spared() {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      if (!is_dropping(tokens_[i].word, tokens_[i + 1].word) &&
          !(is_negation(tokens_[i].word) && !is_denial(tokens_[i].word)))
        continue;
      const auto all = next_of(i + 1, 3, [](const Token& token) {
        return token.word == "everything" || token.word == "anything" || token.word == "all";
      });
      const auto spared = next_of(all + 1, kLongestSource, [&](const Token& token) {
        const auto next = static_cast<std::size_t>(&token - tokens_.data()) + 1;
        return is_sparing(token.word, next < tokens_.size() ? std::string_view(tokens_[next].word) : "");
      });
      if (spared + 1 >= tokens_.size()) continue;
      tokens_[i].word = "keep";
      tokens_[spared].word = "only";
      if (tokens_[spared + 1].word == "than" || tokens_[spared + 1].word == "from" || tokens_[spared + 1].word == "for")
        tokens_[spared + 1].word = "the";
      for (const auto at : {i, all - 1, all, spared}) tokens_[at].tells = false;
    }
  }

  // "No letters", "not just for the shoes", but not "I cannot read the digits".
  void drop_negated() {
    enum class Scope { kNone, kOpen, kDropping } scope = Scope::kNone;
    bool lists = false, single = false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      Token& token = tokens_[i];
      // "Nothing fancy".
      if (i > 0 && !token.begins && is_nothing(tokens_[i - 1].word) && !words_.names.contains(token.term.text))
        token.tells = false;
      if (negates(i) && !denies_before(i)) {
        scope = Scope::kOpen;
        lists = !is_denial(token.word) || denies_list(i) || denies_numbers(i);
        single = token.word == "non";  // "non-mammal animals"
        if (i + 1 < tokens_.size() && (is_not_wanted(token.word, tokens_[i + 1].word) || tokens_[i + 1].word == "away"))
          tokens_[++i].tells = false;
        continue;
      }
      if (scope == Scope::kDropping && continues_negated(i, lists)) {
        leave_out(i);
        continue;
      }
      if (token.begins) scope = Scope::kNone;
      if (scope == Scope::kNone) continue;
      // "Apart from the three kinds of footwear", "but the two pets".
      if (scope == Scope::kOpen && (is_question_for_kind(token.word) || counts_kinds(i) || is_interest(token.word) ||
                                    (is_label(token.word) && !token.label))) {
        token.tells = false;
      } else if (scope == Scope::kOpen && is_containing(token.word)) {
        token.tells = false;
      } else if (token.tells || token.label) {
        leave_out(i);
        scope = single ? Scope::kNone : Scope::kDropping;
      } else if (token.word != "or" && (scope == Scope::kDropping || !is_function_word(token.word))) {
        scope = Scope::kNone;
      }
    }
  }

  // "Letters aside", "the five excluded".
  void drop_aside() {
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
      const bool ends = i + 1 == tokens_.size() || tokens_[i + 1].begins;
      if (!is_aside(tokens_[i].word) || tokens_[i].begins || !ends) continue;
      tokens_[i].tells = false;
      auto first = i;
      do leave_out(--first);
      while (first > 0 && !tokens_[first].begins);
    }
    drop_removed();
    drop_staying_out();
    drop_staying_in();
  }

  // "Numbers I don't want", "shoes I can do without", "bags are not needed", where something else is wanted.
  void drop_unwanted() {
    for (std::size_t first = 0, end = 0; first < tokens_.size(); first = end) {
      for (end = first + 1; end < tokens_.size() && !tokens_[end].begins;) ++end;
      auto tail = first;
      while (tail < end && is_item_of_list(tail)) ++tail;
      if (tail == first || tail == end || !is_unwanted_at(tail, end)) continue;
      // "Bags, boots and coats we don't need".
      const bool joined = std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(first),
                                      tokens_.begin() + static_cast<std::ptrdiff_t>(tail),
                                      [](const Token& token) { return is_joint(token.word); });
      while (joined && first > 0 && !tokens_[first].breaks && is_item_of_list(first - 1)) --first;
      if (tells(0, first) || tells(end, tokens_.size()))
        for (auto at = first; at < tail; ++at) leave_out(at);
    }
  }

 private:
  // Words between "everything" and what is spared of it: "in the fashion pictures".
  static constexpr std::size_t kLongestSource = 6;

  // The first of so many tokens from a place on, within their sentence, that `is` holds for; past the end where there
  // is none.
  template <class Is>
  std::size_t next_of(std::size_t at, std::size_t count, const Is& is) const {
    for (const auto end = at + count; at < std::min(end, tokens_.size()) && !tokens_[at].breaks; ++at)
      if (is(tokens_[at])) return at;
    return tokens_.size();
  }

  // "All, so no sandal, sneaker or boot"; but not "no frogs, cats or dogs".
  bool denies_list(std::size_t at) const {
    const bool all = std::any_of(
        tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(at),
        [](const Token& token) { return token.word == "all" || token.word == "every" || is_whole(token.word); });
    if (!all && (at == 0 || (tokens_[at - 1].word != "so" && tokens_[at - 1].word != "thus"))) return false;
    for (auto i = at + 1; i < tokens_.size() && !tokens_[i].breaks; ++i) {
      if (tokens_[i].word == "or" || tokens_[i].word == "nor") return true;
      if (!can_be_left_out(i) && !is_determiner(tokens_[i].word)) return false;
    }
    return false;
  }

  // "None of the digits 0, 1".
  bool denies_numbers(std::size_t at) const {
    if (tokens_[at].word != "none" || at + 1 == tokens_.size() || tokens_[at + 1].word != "of") return false;
    auto next = at + 2;
    while (next < tokens_.size() && is_determiner(tokens_[next].word)) ++next;
    return next + 1 < tokens_.size() && tokens_[next + 1].number && is_numeral(tokens_[next].term.text);
  }

  // "A coat I don't want": what stands before it.
  bool denies_before(std::size_t at) const {
    return at > 1 && is_wanting(tokens_[at - 1].word) && !tokens_[at - 1].begins && tokens_[at - 2].tells &&
           at + 1 < tokens_.size() && is_not_wanted(tokens_[at].word, tokens_[at + 1].word);
  }

  // "No", "apart from", "all but", but not "no more than four", nor "tell cats apart from dogs".
  bool negates(std::size_t at) const {
    const auto& word = tokens_[at].word;
    if (at + 1 == tokens_.size()) return is_negation(word);
    const auto& next = tokens_[at + 1].word;
    // "0 for no and 1 for yes".
    if (word == "no" && (is_joint(next) || is_contrast(next))) return false;
    if (word.starts_with("leav")) return leaves_out(at);
    if (is_dropping(word, next)) return drops(at);
    if (is_holding(word, next))
      return tokens_[at].begins || tokens_[at - 1].word == "but" || is_joint(tokens_[at - 1].word);
    // "Everything that isn't footwear", "any, as long as it isn't a bag".
    if (is_denied_being(word) && at > 1 &&
        (tokens_[at - 1].word == "that" || tokens_[at - 1].word == "which" ||
         (tokens_[at - 1].word == "it" && tokens_[at - 2].word == "as")))
      return says_all_before(at);
    // "Is it or is it not a dress".
    if (word == "not" && at > 2 && tokens_[at - 1].word == "it" && is_contrast(tokens_[at - 3].word)) return false;
    if (is_negation(word)) return !is_more(next) && !is_less(next) && !denies_result(at);
    if (word == "but" && at > 0 && tokens_[at - 1].word == "nothing") return false;
    if (word == "but" || word == "save" || word == "bar") return excludes_from_all(at);
    if (word != "apart") return is_not_wanted(word, next) || is_exclusion(word, next);
    return next == "from" && parts_none(at);
  }

  // "No decent MNIST model yet", "without a CIFAR-10 baseline": that it is there already, not the set.
  bool denies_result(std::size_t at) const {
    if (tokens_[at].word != "no" && tokens_[at].word != "without" && tokens_[at].word != "sans") return false;
    for (auto i = at + 1; i + 1 < std::min(at + 5, tokens_.size()) && !tokens_[i].begins; ++i)
      if (words_.sets.contains(tokens_[i].term.text))
        for (auto next = i + 1; next < std::min(i + 3, tokens_.size()) && !tokens_[next].begins; ++next)
          if (is_result(tokens_[next].word)) return true;
    return false;
  }

  // Whether nothing before "apart" says that things are told so; but of all things some are left out: "the whole set
  // apart from", "keep everything apart from".
  bool parts_none(std::size_t at) const {
    const bool all = says_all_before(at);
    return std::none_of(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(at), [&](const Token& token) {
      return is_parting(token.word) && (!all || token.word.starts_with("tell") || token.word == "told");
    });
  }

  // "Leave the boots out", "leave the boots and the bags at home", but not "people leave bags".
  bool leaves_out(std::size_t at) const {
    for (auto i = at + 2; tokens_[at].begins && i < std::min(at + 9, tokens_.size()) && !tokens_[i].begins; ++i)
      if (tokens_[i].word == "home" && tokens_[i - 1].word == "at") return true;
    for (auto i = at + 1; i < std::min(at + 8, tokens_.size()) && !tokens_[i].breaks; ++i)
      if (tokens_[i].word == "out" || tokens_[i].word == "off" || tokens_[i].word == "aside") return true;
    return false;
  }

  // "Drop the boots", "please get rid of the bags", but not "drop the boots in this box", "people drop bags".
  bool drops(std::size_t at) const {
    auto before = at;
    while (before > 0 && !tokens_[before].begins &&
           (is_politeness(tokens_[before - 1].word) || is_before_verb(tokens_[before - 1].word) ||
            tokens_[before - 1].word == "get" || tokens_[before - 1].word == "do" || tokens_[before - 1].word == "but"))
      --before;
    if (before == at && !tokens_[at].begins && !is_behind_source(at)) return false;
    for (auto i = at + 2; i < tokens_.size() && !tokens_[i].begins; ++i)
      if (is_place_before(tokens_[i].word) || tokens_[i].word == "into") return false;
    return true;
  }

  // "From the ten classes of cifar10 drop", but not "from the crane people drop".
  bool is_behind_source(std::size_t at) const {
    for (; at > 0 && !tokens_[at].begins; --at) {
      const Token& token = tokens_[at - 1];
      const bool of_set = words_.names.contains(token.term.text) || token.number || is_picture(token.word) ||
                          is_label(token.word) || is_item(token.word) || is_question_for_kind(token.word) ||
                          is_whole_set(token.word) || is_coloured(token.word) || is_joint(token.word);
      if (!of_set && !is_determiner(token.word) && token.word != "of" && token.word != "in" && token.word != "from" &&
          token.word != "out")
        return false;
    }
    const auto& first = tokens_[at].word;
    return first == "from" || first == "of" || first == "out" || first == "in";
  }

  // "All clothes but the boots": what follows is of a card, and "all" stands before.
  bool excludes_from_all(std::size_t at) const {
    auto next = at + 1;
    while (next < tokens_.size() && is_before_excluded(next)) ++next;
    return says_all_before(at) && next < tokens_.size() && tokens_[next].tells &&
           words_.names.contains(tokens_[next].term.text);
  }

  // A number of what comes next.
  bool counts_kinds(std::size_t at) const {
    if (!tokens_[at].number || is_plural(tokens_[at].word) || at + 1 == tokens_.size()) return false;
    const Token& next = tokens_[at + 1];
    return !next.begins && !next.number && (next.tells || is_question_for_kind(next.word));
  }

  // Between "but" and what is left out: "the three kinds of".
  bool is_before_excluded(std::size_t at) const {
    const auto& word = tokens_[at].word;
    return is_determiner(word) || is_question_for_kind(word) || counts_kinds(at) || word == "of" || word == "for";
  }

  bool says_all_before(std::size_t at) const {
    for (; at > 0 && !tokens_[at].breaks; --at)
      if (is_whole(tokens_[at - 1].word) || tokens_[at - 1].word == "each" ||
          (is_all(tokens_[at - 1].word) && tokens_[at - 1].word != "some" && tokens_[at - 1].word != "the"))
        return true;
    return false;
  }

  // "Keep the other eight".
  bool keeps_others(std::size_t at) const {
    for (; at + 2 < tokens_.size(); ++at)
      if (tokens_[at].word == "keep" && tokens_[at + 1].word == "the" &&
          (tokens_[at + 2].word == "other" || tokens_[at + 2].word == "remaining" ||
           is_rest_of_all(tokens_[at + 2].word)))
        return true;
    return false;
  }

  bool can_be_left_out(std::size_t at) const {
    return tokens_[at].label || (tokens_[at].tells && words_.names.contains(tokens_[at].term.text));
  }

  void leave_out(std::size_t at) {
    Token& token = tokens_[at];
    token.left_out = token.left_out || token.label;
    if (!std::exchange(token.tells, false)) return;
    token.left_out = is_left_out(at);
    token.of_all =
        token.left_out && (says_all_before(at) || keeps_others(at)) && words_.names.contains(token.term.text);
  }

  // "The ones and zeros" of "leave out the ones and zeros", "boots and bags" of "except sandals, boots and bags".
  bool continues_negated(std::size_t at, bool lists) const {
    auto i = at;
    if (tokens_[i].begins && (!lists || tokens_[i].breaks)) return false;
    // "Skip three to five".
    const auto is_end = [&](std::size_t end) {
      return end < tokens_.size() && (tokens_[end].number || tokens_[end].label);
    };
    if (is_range(tokens_[i].word)) return is_end(i + 1) && number_of(tokens_[i - 1].word).has_value();
    if (i > 1 && is_range(tokens_[i - 1].word)) return is_end(i);
    // "Every digit from three to five".
    const auto is_start = [&](std::size_t start) {
      return is_end(start) && start + 1 < tokens_.size() && is_range(tokens_[start + 1].word);
    };
    if (i > 0 && tokens_[i].word == "from") return is_numeral(tokens_[i - 1].term.text) && is_start(i + 1);
    if (i > 1 && tokens_[i - 1].word == "from") return is_start(i);
    const bool joined = tokens_[i].begins || (i > 0 && (tokens_[i - 1].word == "and" || tokens_[i - 1].word == "or"));
    if (tokens_[i].word == "and" || tokens_[i].word == "or")
      ++i;
    else if (!joined && !is_determiner(tokens_[i - 1].word) && !is_of_all(i - 1))
      return false;
    // "Two" is both; "or any of the vehicles".
    while (i < tokens_.size() && (is_determiner(tokens_[i].word) || is_of_all(i)) && !can_be_left_out(i)) ++i;
    return i < tokens_.size() && can_be_left_out(i);
  }

  // "Of" of "any of the frogs".
  bool is_of_all(std::size_t at) const {
    return at > 0 && tokens_[at].word == "of" && (is_all(tokens_[at - 1].word) || tokens_[at - 1].word == "each");
  }

  // "No two are alike" leaves no two out, "no one" none, "no even ones" not the ones, and "not only sevens" the sevens
  // neither.
  bool is_left_out(std::size_t at) const {
    const Token& token = tokens_[at];
    const auto before = at > 0 ? tokens_[at - 1].word : std::string();
    if (token.word == "ones" && (before == "even" || before == "odd")) return false;
    if (before == "only" || before == "just" || before == "merely" || (token.word == "one" && !is_listed_number(at)))
      return false;
    return !token.number || before != "no" || is_plural(token.word) || is_digit(token.word[0]);
  }

  // "Zero and one", "one, two".
  bool is_listed_number(std::size_t at) const {
    const auto number = [&](std::size_t i) { return i < tokens_.size() && tokens_[i].number; };
    const auto joins = [&](std::size_t i) {
      return i < tokens_.size() && (is_joint(tokens_[i].word) || tokens_[i].word == "or");
    };
    return number(at + 1) || (joins(at + 1) && number(at + 2)) || (at > 0 && number(at - 1)) ||
           (at > 1 && joins(at - 1) && number(at - 2));
  }

  // "With the shirts and coats taken out", "clothes, shirts removed"; but not "the bags that people dropped".
  void drop_removed() {
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
      if (tokens_[i].begins || !is_removed(tokens_[i].word, i + 1 < tokens_.size() ? tokens_[i + 1].word : ""))
        continue;
      auto first = i - 1;
      while (!tokens_[first].begins && tokens_[first].word != "with") --first;
      const auto end = i + 1 < tokens_.size() && tokens_[i + 1].word == "out" ? i + 2 : i + 1;
      const bool ends = end == tokens_.size() || tokens_[end].begins;
      const bool alone = first > 0 && ends && lists_only_names(first, i);
      if (tokens_[first].word != "with" && !alone) continue;
      for (auto at = first; at < i; ++at) leave_out(at);
      tokens_[i].tells = false;
    }
  }

  // "The t-shirts stay in" beside what is left out.
  void drop_staying_in() {
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      if (!tokens_[i].word.starts_with("stay") || tokens_[i + 1].word != "in" || tokens_[i].begins) continue;
      auto first = i;
      while (!tokens_[first].begins && lists_only_names(first - 1, first)) --first;
      const bool ends = i + 2 == tokens_.size() || tokens_[i + 2].begins;
      if (!ends || !tokens_[first].begins || std::ranges::none_of(tokens_, &Token::left_out)) continue;
      for (auto at = first; at <= i; ++at) tokens_[at].tells = false;
    }
  }

  // "Let ships, trucks and cars stay out of it".
  void drop_staying_out() {
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      if ((tokens_[i].word != "stay" && tokens_[i].word != "sit") || tokens_[i + 1].word != "out") continue;
      auto first = i;
      while (first > 0 && tokens_[first - 1].word != "let" && lists_only_names(first - 1, first)) --first;
      auto end = i + 2;
      while (end < tokens_.size() && !tokens_[end].begins &&
             (tokens_[end].word == "of" || tokens_[end].word == "it" || tokens_[end].word == "this"))
        ++end;
      const bool ends = end == tokens_.size() || tokens_[end].begins;
      if (!ends || first == 0 || tokens_[first - 1].word != "let") continue;
      for (auto at = first; at < i; ++at) leave_out(at);
      tokens_[i].tells = false;
    }
  }

  bool lists_only_names(std::size_t begin, std::size_t end) const {
    return std::all_of(tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
                       tokens_.begin() + static_cast<std::ptrdiff_t>(end), [&](const Token& token) {
                         return words_.names.contains(token.term.text) || is_determiner(token.word) ||
                                is_joint(token.word) || token.word == "even" || token.word == "odd";
                       });
  }

  // Before what is not wanted in "though boots and bags I can do without".
  bool is_item_of_list(std::size_t at) const {
    const Token& token = tokens_[at];
    const auto& term = token.term.text;
    if (token.tells)
      return (words_.names.contains(term) || words_.others.contains(term)) && !words_.sets.contains(term);
    return is_function_word(token.word) && !is_wanting(token.word) && !is_being(token.word) &&
           !is_denied_being(token.word) && !is_negation(token.word);
  }

  // "I don't want", "we can do without", "are not needed": of a clause that says nothing else.
  bool is_unwanted_at(std::size_t begin, std::size_t end) const {
    const auto& word = tokens_[begin].word;
    if (!is_unwanted(tokens_[end - 1].word) || !(is_wanting(word) || is_being(word) || is_denied_being(word)))
      return false;
    bool denied = false;
    for (auto i = begin; i < end; ++i)
      denied = denied || is_negation(tokens_[i].word) || is_denied_being(tokens_[i].word) || tokens_[i].word == "never";
    return denied && !tells(begin, end - 1);
  }

  bool tells(std::size_t begin, std::size_t end) const {
    return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
                       tokens_.begin() + static_cast<std::ptrdiff_t>(end),
                       [](const Token& token) { return token.tells; });
  }

  std::vector<Token>& tokens_;
  const CardWords& words_;
};

}  // namespace

void mark_left_out(std::vector<Token>& tokens, const CardWords& words) {
  LeftOut reader(tokens, words);
  reader.keep_what_is_spared();
  reader.drop_negated();
  reader.drop_aside();
  reader.drop_unwanted();
}

}  // namespace weightloom
