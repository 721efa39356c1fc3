#include "rest_of_classes.hpp"

#include "vocabulary.hpp"

namespace weightloom {
namespace {

class RestReader : NamedTokens {
 public:
  explicit RestReader(const NamedTokens& tokens) : NamedTokens(tokens) {}

  // "Is it a seven or not", "cats against everything else", "a boot detector": of what is named alone. A word of its
  // own kind, as "poodle" is of dogs, is no class; neither is what no class is close to: "is it a rabbit or not".
  bool asks_whether(ClassList& list) const {
    if (list.named.size() > 1) return false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const bool own = named_[i] && is_own_name(i);
      if (!tokens_[i].tells || (!own && !list.named.empty() && !named_[i]) || !is_asked_for(i)) continue;
      if (!own && (is_beside_matter(i) || is_part_of_whole(i))) continue;
      if (own && !list.no_class) return true;
      if (!own && (named_[i] || (list.named.empty() && could_be_class(tokens_[i])))) {
        list.no_class = tokens_[i].word;
        list.named.clear();
        return false;
      }
    }
    return false;
  }

  // "Is it an animal", of which the classes alone say nothing.
  bool asks_for_group() const {
    return any(0, tokens_.size(), [&](std::size_t i) {
      return group_named(tokens_[i].term, subject_) && !is_asked_which(i) && is_looked_for(i);
    });
  }

  // "Everything else", "the others", "or not", "otherwise"; but not "a shirt, and everything else that people wear".
  // `denied` where "nothing else" is one of them, too.
  bool is_told_from_rest(bool denied) const {
    if (answers_yes_or_no()) return true;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto& before = i > 0 ? tokens_[i - 1].word : tokens_[i].word;
      if (tokens_[i].word == "otherwise" || (tokens_[i].word == "else" && tokens_[i].begins) ||
          (is_contrast(before) && (is_denied_at(i) || is_denied_kind(i))))
        return true;
      if (is_denied_thing(i)) return true;
      const auto first = is_rest(i);
      if (!first || (!denied && is_denied_rest(i))) continue;
      const bool stands_alone = *first == 0 || tokens_[*first].begins;
      if (stands_alone || is_contrast(tokens_[*first - 1].word) || tokens_[*first - 1].word == "of" ||
          tokens_[*first - 1].word == "for" || follows_contrast(*first) || is_put_together(i) ||
          tokens_[*first - 1].word == "among" || tokens_[*first - 1].word == "amongst" ||
          is_lumping(tokens_[*first - 1].word) ||
          (tokens_[*first - 1].word == "together" && *first > 1 && is_lumping(tokens_[*first - 2].word)) ||
          tokens_[*first - 1].word == "what's" || (*first > 1 && is_phrase(*first - 2, {"opposed", "to"})) ||
          (is_joint(tokens_[*first - 1].word) && (says_other_place(i) || counts_one_more(1))) || is_denied_rest(i) ||
          any(i + 1, i + 1 + kNearList, [&](std::size_t at) { return is_verdict(tokens_[at].word); }))
        return true;
    }
    return false;
  }

  // "Cats, dogs or neither", "ship, plane or some other thing", "and all the rest as a third": several classes, and all
  // others taken as one more.
  bool are_told_from_rest(std::size_t named) const {
    for (std::size_t i = 1; i < tokens_.size(); ++i) {
      const bool listed = tokens_[i - 1].word == "or" || (tokens_[i].begins && named_[i - 1]);
      if (listed && is_none_of_them(i)) return true;
      // "And whatever is not either of those".
      if (is_denied_thing(i) && counts_one_more(named)) return true;
      const auto first = is_rest(i);
      if (!first || *first == 0 || is_denied_rest(i) || is_dropped_rest(i)) continue;
      if (tokens_[*first].begins && gets_label(i)) return true;
      const auto& before = tokens_[*first - 1].word;
      if (counts_one_more(named) || is_put_together(i) || is_lumping(before) || is_last_of_list(*first, i)) return true;
      if (is_joint(before) && has_pile_of_its_own(i)) return true;
      if (before == "for" && *first > 1 && (is_pile(tokens_[*first - 2].word) || is_label(tokens_[*first - 2].word)))
        return true;
      // But not "the one or the other", "a deer or another car".
      const bool other = is_phrase(*first, {"the", "other"}) || (i + 1 < tokens_.size() && named_[i + 1]);
      if (named == 2 && before == "or" && !other && !is_asked_which(i)) return true;
    }
    return false;
  }

  // "Only dresses, and no others", "frogs, a single class": one class that nothing is to be told from.
  bool is_left_alone() const {
    const auto own = [&](std::size_t i) { return named_[i] && is_own_name(i); };
    if (is_told_from_rest(false) || any(0, tokens_.size(), [&](std::size_t i) { return own(i) && is_looked_for(i); }))
      return false;
    if (any(1, tokens_.size(), [&](std::size_t i) { return is_one_class(i) || is_nothing_beside(i); })) return true;
    const auto denied = [&](std::size_t i) { return is_denied_rest(i); };
    // "Class 8, that class alone, no others".
    if (any(0, tokens_.size(), [&](std::size_t i) { return tokens_[i].label; }) && any(1, tokens_.size(), denied))
      return true;
    const bool one = any(1, tokens_.size(), [&](std::size_t i) { return is_one_thing(i); });
    return any(0, tokens_.size(), [&](std::size_t i) { return own(i) && (one || is_confined(i)); }) &&
           any(1, tokens_.size(), denied);
  }

 private:
  bool is_asked_for(std::size_t at) const {
    // "If so, make me one."
    if (tokens_[at].word == "one" && (at == 0 || tokens_[at - 1].word != "a")) return false;
    return is_denied_again(at) || says_which_not() ||
           (!is_asked_which(at) && (is_told_from_rest(true) || is_looked_for(at)));
  }

  // "Which show a bag and which don't".
  bool says_which_not() const {
    return any(1, tokens_.size(), [&](std::size_t i) {
      const bool ends = i + 1 == tokens_.size() || tokens_[i + 1].begins;
      return ends && tokens_[i - 1].word == "which" && is_denied_being(tokens_[i].word);
    });
  }

  // "Article" of "every article of clothing".
  bool is_part_of_whole(std::size_t at) const {
    return is_phrase(at + 1, {"of"}) && at + 2 < tokens_.size() && is_of_whole(tokens_[at + 2]);
  }

  // "Stable" of "stable photos: horses, everything else is no": in a sentence that asks nothing.
  bool is_beside_matter(std::size_t at) const {
    const Run around = sentence_around(at);
    const auto own = [&](std::size_t i) { return named_[i] && is_own_name(i); };
    return any(0, tokens_.size(), own) && !is_looked_for(at) && !any(around.first, around.last + 1, [&](std::size_t i) {
             return is_denied_at(i) || is_rest(i) || is_contrast(tokens_[i].word);
           });
  }

  // "A garment that isn't a dress" behind "or", where a dress is asked for.
  bool is_denied_kind(std::size_t at) const {
    for (; at + 1 < tokens_.size() && !tokens_[at].begins; ++at) {
      const Token& token = tokens_[at];
      if (token.word == "that" || token.word == "which") break;
      if (token.tells && !is_of_whole(token)) return false;
    }
    const auto denial = at + 1;
    if (denial + 1 >= tokens_.size() || tokens_[denial].begins) return false;
    auto last = is_being(tokens_[denial].word) ? denial + 1 : denial;
    if (!is_denied_being(tokens_[last].word) && tokens_[last].word != "no") return false;
    while (last + 1 < tokens_.size() && !tokens_[last + 1].begins) ++last;
    const auto c = class_named(tokens_[last], subject_, meanings_);
    return c && is_name_of(last, *c) && any(0, at, [&](std::size_t i) { return named_[i] == c; });
  }

  // "Say aye if the picture has one and no if it hasn't".
  bool answers_yes_or_no() const {
    const auto answers = [&](bool (*is)(std::string_view)) {
      return any(0, tokens_.size() - 1, [&](std::size_t i) {
        const auto& next = tokens_[i + 1].word;
        return is(tokens_[i].word) && (next == "if" || next == "when" || next == "where");
      });
    };
    return answers(is_yes) && answers(is_no);
  }

  // "A truck? Not a truck?"
  bool is_denied_again(std::size_t at) const {
    return any(at + 1, tokens_.size(),
               [&](std::size_t i) { return tokens_[i].left_out && tokens_[i].term.text == tokens_[at].term.text; });
  }

  bool is_asked_which(std::size_t at) const {
    const Run around = sentence_around(at);
    return any(around.first, around.last + 1,
               [&](std::size_t i) { return is_which(tokens_[i].word) && !asks_nothing(i); });
  }

  // "Every other sort of", "what is no boot".
  bool asks_nothing(std::size_t at) const {
    return (at > 0 && (tokens_[at - 1].word == "other" || tokens_[at - 1].word == "another")) || is_denied_thing(at);
  }

  bool is_looked_for(std::size_t at) const {
    if (is_modifier(at)) return false;
    return is_detected(at) || (is_asked_whether(sentence_around(at), at) && !is_determined(at));
  }

  // "Truck" of "is there a truck stop"; but not of "a truck driving by", "truck photos".
  bool is_modifier(std::size_t at) const {
    if (at + 1 == tokens_.size() || tokens_[at + 1].begins || tokens_[at].word.ends_with('s')) return false;
    const Token& next = tokens_[at + 1];
    return next.tells && !next.number && !named_[at + 1] && !is_of_whole(next) && !is_detector(next.word) &&
           !next.word.ends_with("ing") && !next.word.ends_with("ed") && !next.word.ends_with("ly");
  }

  // "Whatever isn't trousers", "anything that's not one", "what is no boot".
  bool is_denied_thing(std::size_t at) const {
    return is_any_thing(tokens_[at].word) && any(at + 1, at + 4, [&](std::size_t i) {
             return is_denied_being(tokens_[i].word) || (tokens_[i].word == "no" && is_being(tokens_[i - 1].word));
           });
  }

  // "No others", "nothing else", "no second class"; but not "no for all others".
  bool is_denied_rest(std::size_t at) const {
    const auto first = tokens_[at].word == "second" ? std::optional(at) : is_rest(at);
    return first && (is_nothing(tokens_[*first].word) || is_forbidden_after(at) ||
                     any(*first - std::min<std::size_t>(2, *first), *first,
                         [&](std::size_t i) {
                           return is_negation(tokens_[i].word) && !is_phrase(i, {"no", "for"});
                         }) ||
                     any(*first - std::min<std::size_t>(3, *first), *first, [&](std::size_t i) {
                       return is_phrase(i, {"not", "one", "of"});
                     }));
  }

  // "Everything else gets 'rest'", "is other".
  bool gets_label(std::size_t at) const {
    return any(at + 1, at + 3,
               [&](std::size_t i) { return is_verdict(tokens_[i].word) || tokens_[i].word == "gets"; }) &&
           any(at + 2, at + 1 + kNearList, [&](std::size_t i) {
             const auto& word = tokens_[i].word;
             return word == "rest" || word == "other" || is_label(word);
           });
  }

  // "In the middle pile".
  bool has_pile_of_its_own(std::size_t at) const {
    return any(at + 1, std::min(at + kLongestGap, sentence_around(at).last) + 1,
               [&](std::size_t i) { return is_pile(tokens_[i].word) && !is_plural(tokens_[i].word); });
  }

  // "Everything else" of "mnist: 3, 6, everything else".
  bool is_last_of_list(std::size_t first, std::size_t last) const {
    const auto end = last + 1 < tokens_.size() && is_of_whole(tokens_[last + 1]) ? last + 2 : last + 1;
    return tokens_[first].begins && !tokens_[first].breaks && named_[first - 1] &&
           (end == tokens_.size() || tokens_[end].begins);
  }

  // "Neither", "neither of the two", "none of these".
  bool is_none_of_them(std::size_t at) const {
    const auto end = at + 1;
    const bool ends = end == tokens_.size() || tokens_[end].begins;
    return (tokens_[at].word == "neither" && (ends || tokens_[end].word == "of")) ||
           (is_phrase(at, {"none", "of"}) && !is_phrase(at + 2, {"the", "other"}));
  }

  // "Three outputs", "a third one", "bin three", where two are named.
  bool counts_one_more(std::size_t named) const {
    const auto more = static_cast<std::int64_t>(named) + 1;
    const auto counts = [&](std::size_t i) {
      const auto& word = tokens_[i].word;
      return is_pile(word) || is_label(word) || is_kind(word) || is_outcome(word);
    };
    return any(0, tokens_.size(), [&](std::size_t i) {
      const bool is_more = number_of(tokens_[i].word) == more || ordinal_of(tokens_[i].word) == more;
      const bool next = i + 1 < tokens_.size() && !tokens_[i + 1].begins && counts(i + 1);
      if (!is_more || i == 0) return is_more && next;
      const auto& before = tokens_[i - 1].word;
      return next || (!tokens_[i].begins && counts(i - 1)) ||
             (ordinal_of(tokens_[i].word) && (before == "a" || before == "the"));
    });
  }

  // "No negatives", "nothing to compare it with", "I do not want a second one".
  bool is_nothing_beside(std::size_t at) const {
    const auto counts = [&](std::size_t i) {
      const auto& word = tokens_[i].word;
      return is_label(word) || is_kind(word) || is_outcome(word) ||
             (tokens_[at - 1].word == "no" && is_of_whole(tokens_[i]));
    };
    const bool output = tokens_[at].word == "other" && at > 0 && at + 1 < tokens_.size() && counts(at + 1);
    if (!output && !is_counterpart(tokens_[at].word)) return false;
    for (auto i = at; i > 0 && at - i < kLongestGap && !tokens_[i].begins; --i) {
      const auto& before = tokens_[i - 1].word;
      if (is_nothing(before) || is_negation(before) || is_denied_being(before) || before == "never") return true;
    }
    return false;
  }

  // "A single class", "one sole label", "one class total", "whose sole class is"; but not "one class is the frog".
  bool is_one_class(std::size_t at) const {
    const auto& word = tokens_[at].word;
    if ((word != "class" && word != "label" && word != "category") || tokens_[at].begins) return false;
    const bool output = tokens_[at - 1].word == "output" && at > 1 && !tokens_[at - 1].begins;
    const auto& before = tokens_[at - (output ? 2 : 1)].word;
    const bool sole = before == "sole" || before == "only" || before == "single";
    if (at > 3 && is_phrase(at - 3, {"one", "and", "only"})) return true;
    if (at + 1 == tokens_.size() || tokens_[at + 1].begins || is_in_all(at + 1) ||
        is_politeness(tokens_[at + 1].word) || (before == "only" && is_place_before(tokens_[at + 1].word)))
      return sole || before == "one" || before == "1";
    return sole && (is_being(tokens_[at + 1].word) || is_phrase(at + 2, {"be"}));
  }

  // "Total", "in total", "altogether".
  bool is_in_all(std::size_t at) const {
    const auto last = tokens_[at].word == "in" && at + 1 < tokens_.size() ? at + 1 : at;
    const auto& word = tokens_[last].word;
    return word == "total" || word == "altogether" || word == "overall" || (word == "all" && last > at);
  }

  // "One handwritten digit, the eight".
  bool is_one_thing(std::size_t at) const {
    const auto before = tokens_[at - 1].tells && at > 1 ? at - 2 : at - 1;
    const auto& word = tokens_[before].word;
    return !tokens_[at].begins && !is_plural(tokens_[at].word) && is_of_whole(tokens_[at]) &&
           (word == "one" || word == "single" || word == "sole");
  }

  // "Only dresses", "nothing but dresses", "horses alone", "the five all on its own".
  bool is_confined(std::size_t at) const {
    auto first = at;
    while (first > 0 && !tokens_[first].begins &&
           (is_determiner(tokens_[first - 1].word) || is_of_whole(tokens_[first - 1]) ||
            is_picture(tokens_[first - 1].word) || is_label(tokens_[first - 1].word) ||
            tokens_[first - 1].word == "of"))
      --first;
    if (first > 0 && !tokens_[first].begins && is_restriction(tokens_[first - 1].word)) return true;
    if (first > 1 && is_phrase(first - 2, {"nothing", "but"})) return true;
    return any(at + 1, at + 4, [&](std::size_t i) {
      const bool next = i == at + 1 || tokens_[i - 1].word == "all";
      return (next && is_alone_after(tokens_[i].word)) || is_phrase(i, {"on", "its", "own"}) ||
             is_phrase(i, {"by", "itself"});
    });
  }

  // "Or it's some other garment", "or else any other".
  bool follows_contrast(std::size_t at) const {
    while (at > 1 && (tokens_[at - 1].word == "it" || tokens_[at - 1].word == "is" || tokens_[at - 1].word == "else"))
      --at;
    return at > 0 && is_contrast(tokens_[at - 1].word);
  }

  // "The rest as one class".
  bool is_put_together(std::size_t at) const {
    return any(at + 1, std::min(at + kNearList, sentence_around(at).last) + 1, [&](std::size_t i) {
      return tokens_[i].word == "together" || is_phrase(i, {"as", "one"}) || is_phrase(i, {"as", "a"});
    });
  }

  // "Zeros here and the rest in the other tray".
  bool says_other_place(std::size_t at) const {
    return any(at + 1, sentence_around(at).last + 1, [&](std::size_t i) {
      const bool second = tokens_[i].word == "other" || tokens_[i].word == "next" || tokens_[i].word == "second";
      return tokens_[i].word == "another" || (second && tokens_[i - 1].word == "the");
    });
  }

  // "Detect sneakers", "a boot detector", but not "find what this shirt is".
  bool is_detected(std::size_t at) const {
    if (at + 1 < tokens_.size() && is_detector(tokens_[at + 1].word)) return true;
    for (auto i = at; i > 0 && at - i < kNearList && !tokens_[i].begins; --i) {
      const auto& before = tokens_[i - 1].word;
      if (is_detecting(before) || (is_detector(before) && i < at)) return true;
      // "A detector for handwritten digit nine".
      const bool describes = subject_.numbered && is_keyword(tokens_[i - 1].term);
      if ((tokens_[i - 1].tells && !describes) || is_contrast(before)) return false;
    }
    return false;
  }

  // "Is it a cat", "whether the picture shows a cat", "yes if it is a cat".
  bool is_asked_whether(const Run& around, std::size_t at) const {
    const auto& first = tokens_[around.first].word;
    if (first == "is" || first == "are" || first == "was" || first == "were" || first == "does" || first == "do")
      return true;
    return any(around.first, at, [&](std::size_t i) {
      const auto& word = tokens_[i].word;
      const auto& next = tokens_[i + 1].word;
      const bool is = next == "it" || next == "there" || next == "the";
      return word == "whether" || word == "if" || ((word == "when" || word == "whenever") && is);
    });
  }

  // "Is the cat ...".
  bool is_determined(std::size_t at) const {
    if (at == 0) return false;
    const auto& before = tokens_[at - 1].word;
    return before == "the" || before == "this" || before == "my" || before == "our" || before == "your";
  }
};

}  // namespace

bool asks_whether(const NamedTokens& tokens, ClassList& list) {
  return RestReader(tokens).asks_whether(list);
}

bool is_left_alone(const NamedTokens& tokens) {
  return RestReader(tokens).is_left_alone();
}

bool asks_for_group(const NamedTokens& tokens) {
  return RestReader(tokens).asks_for_group();
}

bool are_told_from_rest(const NamedTokens& tokens, std::size_t named) {
  return RestReader(tokens).are_told_from_rest(named);
}

bool is_told_from_rest(const NamedTokens& tokens) {
  return RestReader(tokens).is_told_from_rest(true);
}

}  // namespace weightloom
