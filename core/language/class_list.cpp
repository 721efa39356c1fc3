#include "class_list.hpp"

#include <algorithm>
#include <utility>

#include "class_groups.hpp"
#include "vocabulary.hpp"

namespace weightloom {
namespace {

// A class is named by a word that is so close to its name, and by so much closer than to any other class's.
constexpr double kNamesClass = 0.6, kNamesNoOther = 0.12;
// Words between the classes of one list.
constexpr std::size_t kLongestGap = 6;
// How far from a list a word may stand that says that it is of examples, or goes on.
constexpr std::size_t kNearList = 4;
// A word that is set against another one is compared with classes if it is so close to one of them.
constexpr double kLikeClass = 0.3, kNearClass = 0.45;
// A word is of the whole set if it is so close to a keyword, and has to do with it if it is so close.
constexpr double kOfWhole = 0.8, kNearWhole = 0.5;

using Named = std::vector<std::optional<std::int64_t>>;  // of each token

// Tokens first .. last, both of which name classes.
struct Run {
  std::size_t first, last;
};

void add_once(std::vector<std::int64_t>& classes, std::int64_t c) {
  if (std::ranges::find(classes, c) == classes.end()) classes.push_back(c);
}

class Lists {
 public:
  Lists(const Sentence& sentence, const Subjects& subject, const Meanings& meanings)
      : sentence_(sentence), tokens_(sentence.tokens()), subject_(subject), meanings_(meanings) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      named_.push_back(tokens_[i].tells ? class_named(tokens_[i], subject, meanings) : std::nullopt);
      // "From a freight company" names no kind of vehicle.
      if (named_[i] && is_place(i) && !is_own_name(i) && !any(0, i, [&](std::size_t at) { return is_told_from(at); }))
        named_[i].reset();
    }
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (is_others(i)) drop_examples(i + 1);
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (named_[i]) add_to_runs(i);
  }

  ClassList read() const {
    if (any(0, tokens_.size(), [&](std::size_t i) { return tokens_[i].label; }))
      if (auto list = labelled(); !list.named.empty() || list.no_class) return list;
    if (auto found = parity_named(); !found.empty()) return of_numbers(std::move(found));
    if (auto found = within_bounds(); !found.empty()) return of_numbers(std::move(found));
    ClassList out = read_runs();
    if (out.classes.empty() && !out.no_class && !out.whether && !asks_for_group())
      if (auto found = classes_of_groups(sentence_, subject_, meanings_, out, says_number_of_classes());
          !found.empty()) {
        out.named = out.classes = std::move(found);
        return out;
      }
    if (out.named.empty() && !out.no_class && !out.whether) out.classes = all_but_left_out();
    return out;
  }

 private:
  ClassList read_runs() const {
    ClassList out;
    const bool whole = says_number_of_classes();
    out.no_class = set_against();
    if (!out.no_class && runs_.empty()) out.no_class = told_apart();
    if (!out.no_class) out.no_class = listed();
    if (!out.no_class) out.no_class = strangers();
    if (!out.no_class) out.no_class = bare_strangers();
    if (const auto stranger = stranger_listed()) return {.no_class = stranger};
    for (const Run& run : runs_) add_classes(run, out.named);
    for (const Run& run : runs_) {
      std::vector<std::int64_t> own;
      add_classes(run, own);
      if (own.size() < 2) {
        out.open = out.open || is_open(run);
        if (const auto kind = kinds_of_one_class(run); kind && !out.open) return {.no_class = kind};
        continue;
      }
      out.no_class.reset();  // what is set against something else is beside the matter
      if (out.open = is_open(run); out.open) return out;
      const bool stated = is_stated(run);
      if (stated && !std::exchange(out.stated, true)) out.classes.clear();
      if (stated || (!out.stated && is_meant(run, own.size())))
        for (const auto c : own) add_once(out.classes, c);
    }
    // "Is there a seven on it? Or a one?"
    const bool sole = std::ranges::none_of(tokens_, [&](const Token& token) {
      return token.tells && !class_named(token, subject_, meanings_) && !is_of_whole(token);
    });
    const bool numbers = subject_.numbered && says_what_numbers();
    if (out.classes.empty() && out.named.size() >= 2 && (numbers || sole || tells_apart(out.named.size())))
      out.classes = out.named;
    if (whole || out.classes.size() == subject_.classes.size()) out.classes.clear();
    out.whether = out.classes.empty() && !whole && asks_whether(out);
    return out;
  }

  // "Cifar10 labels 0, 3 and 5"; one alone says how many there are.
  ClassList labelled() const {
    ClassList out;
    const auto count = static_cast<std::int64_t>(subject_.classes.size());
    std::optional<std::int64_t> last;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!tokens_[i].label) continue;
      const auto number = number_of(tokens_[i].word);
      if (!number || *number >= count) {
        out.no_class = tokens_[i].word;
        continue;
      }
      for (auto between = last && is_range(tokens_[i - 1].word) ? *last + 1 : *number; between <= *number; ++between)
        add_once(out.named, between);
      last = number;
    }
    if (out.named.empty() && std::ranges::count_if(tokens_, &Token::label) == 1) return {};
    if (out.no_class) return {.no_class = out.no_class};
    out.whether = out.named.size() == 1 && is_told_from_rest();
    if (out.named.size() > 1 && out.named.size() < subject_.classes.size()) out.classes = out.named;
    return out;
  }

  ClassList of_numbers(std::vector<std::int64_t> classes) const {
    ClassList out{.named = classes, .classes = std::move(classes)};
    if (out.classes.size() == subject_.classes.size()) out.classes.clear();
    return out;
  }

  // Of "skip the sandals": all the others.
  std::vector<std::int64_t> all_but_left_out() const {
    std::vector<std::int64_t> left_out, others;
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (const auto c = class_named(tokens_[i], subject_, meanings_); tokens_[i].left_out && c && is_name_of(i, *c))
        add_once(left_out, *c);
    for (std::int64_t c = 0; !left_out.empty() && c < static_cast<std::int64_t>(subject_.classes.size()); ++c)
      if (std::ranges::find(left_out, c) == left_out.end()) others.push_back(c);
    return others.size() > 1 ? others : std::vector<std::int64_t>();
  }

  // "Five and above", "at least three and no more than seven".
  std::vector<std::int64_t> within_bounds() const {
    std::vector<NumberBound> bounds;
    for (std::size_t i = 0; subject_.numbered && i < tokens_.size(); ++i)
      if (auto bound = named_[i] ? bound_at(i) : std::nullopt) bounds.push_back(*bound);
    if (bounds.empty()) return {};
    std::vector<std::int64_t> classes;
    for (std::int64_t c = 0; c < static_cast<std::int64_t>(subject_.classes.size()); ++c)
      if (std::ranges::all_of(bounds, [&](const NumberBound& bound) { return bound.holds(number_at(c)); }))
        classes.push_back(c);
    std::ranges::sort(classes, {}, [&](std::int64_t c) { return number_at(c); });
    return classes.size() > 1 ? classes : std::vector<std::int64_t>();
  }

  // Not "three or more layers", nor "at most nine in ten".
  std::optional<NumberBound> bound_at(std::size_t at) const {
    const auto number = number_at(*named_[at]);
    auto first = at;
    if (first > 0 && (tokens_[first - 1].word == "a" || tokens_[first - 1].word == "an")) --first;
    // "Layers: at most four", "children under five".
    if (any(at - std::min(at, kNearList), at,
            [&](std::size_t i) { return is_network_part(tokens_[i].word) || is_person(tokens_[i].word); }))
      return std::nullopt;
    const auto word = [&](std::size_t back) { return first >= back ? tokens_[first - back].word : std::string(); };
    if (auto bound = bound_before(number, word(3), word(2), word(1));
        bound && !(word(1) == "to" && first > 2 && named_[first - 3]))
      return bound;
    auto last = at + 1;
    if (is_phrase(last, {"and"}) || is_phrase(last, {"or"})) ++last;
    if (last >= tokens_.size() || tokens_[last].begins || (last == at + 1 && !tokens_[last].word.ends_with("wards")))
      return std::nullopt;
    const bool counts = last + 1 < tokens_.size() && !tokens_[last + 1].begins && tokens_[last + 1].tells;
    return counts || is_network_part_at(last + 1) ? std::nullopt : bound_after(number, tokens_[last].word);
  }

  bool is_others(std::size_t at) const {
    const auto& word = tokens_[at].word;
    // "One versus rest for the cat".
    if (at > 1 && is_contrast(tokens_[at - 1].word) && tokens_[at - 2].word == "one") return false;
    return word == "others" || word == "rest" || (word == "else" && is_rest(at) && !is_nothing(tokens_[at - 1].word));
  }

  // Of "others (cats, deer, whatever)": classes up to what says something else.
  void drop_examples(std::size_t at) {
    for (; at < tokens_.size() && (named_[at] || !tokens_[at].tells) && !is_verdict(tokens_[at].word); ++at)
      named_[at].reset();
  }

  void add_to_runs(std::size_t at) {
    if (!runs_.empty() && is_joined(runs_.back().last, at))
      runs_.back().last = at;
    else
      runs_.push_back({at, at});
  }

  // What goes on may have an adjective: "stray cats or stray dogs". Sentences may be no more than the
  // names of classes: "Frog? Deer?"
  bool is_joined(std::size_t before, std::size_t at) const {
    if (at - before > kLongestGap) return false;
    if (any(before + 1, at + 1, [&](std::size_t i) { return tokens_[i].breaks && tokens_[i].word != "plus"; }))
      return is_bare(before) && is_bare(at);
    if (subject_.numbered && !is_number_list(before, at)) return false;
    const bool goes_on = any(before + 1, at, [&](std::size_t i) {
      return is_contrast(tokens_[i].word) || is_joint(tokens_[i].word) || tokens_[i].begins;
    });
    // "Freight comes by boat", "boots: what did the lady hand over".
    const bool asks = any(before + 1, at, [&](std::size_t i) { return is_which(tokens_[i].word); });
    if ((!goes_on && !tokens_[at].begins && !is_own_name(before)) || (asks && !is_own_name(at))) return false;
    return !any(before + 1, at, [&](std::size_t i) { return tokens_[i].tells && !(goes_on && i + 1 == at); });
  }

  // "A table for four at eight" lists no numbers; "fours or eights", "4, 8" do.
  bool is_number_list(std::size_t before, std::size_t at) const {
    if (tokens_[before].word.ends_with('s') || at == before + 1) return true;
    return any(before + 1, at, [&](std::size_t i) {
      const auto& word = tokens_[i].word;
      return is_contrast(word) || is_range(word) || word == "and" || word == "n" || word == "a" || tokens_[i].begins;
    });
  }

  // "Beagles" of "poodles from beagles": both are dogs.
  std::optional<std::string> kinds_of_one_class(const Run& run) const {
    bool contrast = false;
    for (auto i = run.first + 1; i <= run.last; ++i) {
      contrast = contrast || is_contrast(tokens_[i].word);
      if (contrast && named_[i] && tokens_[i].term.text != tokens_[run.first].term.text) return tokens_[i].word;
    }
    return std::nullopt;
  }

  // The tokens of the sentence around a place.
  Run sentence_around(std::size_t at) const {
    Run out{at, at};
    while (out.first > 0 && !tokens_[out.first].breaks) --out.first;
    while (out.last + 1 < tokens_.size() && !tokens_[out.last + 1].breaks) ++out.last;
    return out;
  }

  // Whether all that its sentence says is names of classes.
  bool is_bare(std::size_t at) const {
    const Run around = sentence_around(at);
    return !any(around.first, around.last + 1,
                [&](std::size_t i) { return tokens_[i].tells && !class_named(tokens_[i], subject_, meanings_); });
  }

  // With those between the ends of a range: "three to five".
  void add_classes(const Run& run, std::vector<std::int64_t>& classes) const {
    std::optional<std::int64_t> last;
    for (auto i = run.first; i <= run.last; ++i) {
      if (!named_[i]) continue;
      const bool range = subject_.numbered && last && (is_range(tokens_[i - 1].word) || is_within(run));
      if (range) add_between(*last, *named_[i], classes);
      add_once(classes, *named_[i]);
      last = named_[i];
    }
  }

  // The number that a class is called, of a numbered set.
  std::int64_t number_at(std::int64_t c) const {
    return *number_of(subject_.card->classes[static_cast<std::size_t>(c)]);
  }

  // In the order of their numbers, whatever that of the classes is.
  void add_between(std::int64_t from, std::int64_t to, std::vector<std::int64_t>& classes) const {
    std::vector<std::int64_t> between;
    for (std::int64_t c = 0; c < static_cast<std::int64_t>(subject_.classes.size()); ++c)
      if (number_at(c) > number_at(from) && number_at(c) < number_at(to)) between.push_back(c);
    std::ranges::sort(between, {}, [&](std::int64_t c) { return number_at(c); });
    for (const auto c : between) add_once(classes, c);
  }

  // "The even digits".
  std::vector<std::int64_t> parity_named() const {
    bool even = false, odd = false;
    for (std::size_t i = 0; subject_.numbered && i + 1 < tokens_.size(); ++i) {
      if (tokens_[i + 1].word != "ones" && !is_of_whole(tokens_[i + 1])) continue;
      even = even || (tokens_[i].word == "even" && tokens_[i + 1].tells);
      odd = odd || (tokens_[i].word == "odd" && tokens_[i].tells);
    }
    std::vector<std::int64_t> out;
    if (even == odd) return out;
    for (std::size_t c = 0; c < subject_.classes.size(); ++c)
      if (number_at(static_cast<std::int64_t>(c)) % 2 == (odd ? 1 : 0)) out.push_back(static_cast<std::int64_t>(c));
    return out;
  }

  // Nor does "for our freight photos".
  bool is_place(std::size_t at) const {
    return tokens_[at].place || (at > 1 && tokens_[at - 2].word == "for" && !tokens_[at - 1].tells) ||
           (at > 0 && tokens_[at - 1].word == "from") ||
           (at > 1 && tokens_[at - 2].word == "from" && !tokens_[at - 1].tells);
  }

  bool is_own_name(std::size_t at) const { return is_name_of(at, *named_[at]); }

  bool is_name_of(std::size_t at, std::int64_t c) const {
    const auto& terms = subject_.classes[static_cast<std::size_t>(c)];
    return std::ranges::find(terms, tokens_[at].term.text, &Term::text) != terms.end();
  }

  bool says_number_of_classes() const {
    return any(0, tokens_.size(), [&](std::size_t i) { return is_number_of_classes(i); });
  }

  // "The usual ten", of ten classes that are no numbers.
  bool is_number_of_classes(std::size_t at) const {
    const auto number = number_of(tokens_[at].word);
    if (!number || *number != static_cast<std::int64_t>(subject_.classes.size())) return false;
    if (is_network_part_at(at + 1)) return false;
    // "CIFAR-10".
    if (at > 0 && subject_.card->name.starts_with(tokens_[at - 1].term.text)) return false;
    // "Ten numerals" of ten that end at nine.
    if (subject_.numbered) return !named_[at] && at + 1 < tokens_.size() && is_of_whole(tokens_[at + 1]);
    const auto& before = at > 0 ? tokens_[at - 1].word : tokens_[at].word;
    return before == "the" || before == "all" || before == "usual" || before == "these" || before == "those" ||
           (at + 1 < tokens_.size() && is_generic_word(tokens_[at + 1].term.text));
  }

  // "A figure between zero and four", but not "distinguish between zero and four".
  bool is_within(const Run& run) const {
    if (run.first < 2 || tokens_[run.first - 1].word != "between" || run.last - run.first != 2) return false;
    const auto between = run.first - 1;
    const auto& before = tokens_[between - 1];
    if (before.word != "anything" && before.word != "something" && before.word != "somewhere" && !is_of_whole(before))
      return false;
    return !any(sentence_around(between).first, between, [&](std::size_t i) {
      const auto& word = tokens_[i].word;
      return is_parting(word) || (is_telling_apart(word) && word != "only" && word != "just");
    });
  }

  // "Table for four at eight" does not.
  bool says_what_numbers() const {
    return any(0, tokens_.size(), [&](std::size_t i) {
      const Token& token = tokens_[i];
      return is_contrast(token.word) || (named_[i] ? token.word.ends_with('s') : token.tells && is_of_whole(token));
    });
  }

  bool is_of_whole(const Token& token) const { return meanings_.closeness(token.term, subject_.keywords) >= kOfWhole; }

  template <class Is>
  bool any(std::size_t begin, std::size_t end, const Is& is) const {
    for (auto i = begin; i < std::min(end, tokens_.size()); ++i)
      if (is(i)) return true;
    return false;
  }

  // "Is it a seven or not", "cats against everything else", "a boot detector": of what is named alone. A word of its
  // own kind, as "poodle" is of dogs, is no class; neither is what no class is close to: "is it a rabbit or not".
  bool asks_whether(ClassList& list) const {
    if (list.named.size() > 1 || (list.named.empty() && !all_but_left_out().empty())) return false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const bool own = named_[i] && is_own_name(i);
      if (!tokens_[i].tells || (!own && !list.named.empty() && !named_[i]) || !is_asked_for(i)) continue;
      if (!own && is_beside_matter(i)) continue;
      if (own && !list.no_class) return true;
      if (!own && (named_[i] || (list.named.empty() && could_be_class(tokens_[i])))) {
        list.no_class = tokens_[i].word;
        list.named.clear();
        return false;
      }
    }
    return false;
  }

  bool is_asked_for(std::size_t at) const {
    // "If so, make me one."
    if (tokens_[at].word == "one" && (at == 0 || tokens_[at - 1].word != "a")) return false;
    return !is_asked_which(at) && (is_told_from_rest() || is_denied_again(at) || is_looked_for(at));
  }

  // "Stable" of "stable photos: horses, everything else is no": in a sentence that asks nothing.
  bool is_beside_matter(std::size_t at) const {
    const Run around = sentence_around(at);
    const auto own = [&](std::size_t i) { return named_[i] && is_own_name(i); };
    return any(0, tokens_.size(), own) && !is_looked_for(at) && !any(around.first, around.last + 1, [&](std::size_t i) {
             return own(i) || is_denied_at(i) || is_rest(i) || is_contrast(tokens_[i].word);
           });
  }

  // "A truck? Not a truck?"
  bool is_denied_again(std::size_t at) const {
    return any(at + 1, tokens_.size(), [&](std::size_t i) {
      return tokens_[i].left_out && !tokens_[i].of_all && tokens_[i].term.text == tokens_[at].term.text;
    });
  }

  // "Is it an animal", of which the classes alone say nothing.
  bool asks_for_group() const {
    return any(0, tokens_.size(), [&](std::size_t i) {
      return group_named(tokens_[i].term, subject_) && !is_asked_which(i) && is_looked_for(i);
    });
  }

  bool is_asked_which(std::size_t at) const {
    const Run around = sentence_around(at);
    return any(around.first, around.last + 1, [&](std::size_t i) { return is_which(tokens_[i].word); });
  }

  bool is_looked_for(std::size_t at) const {
    return is_detected(at) || (is_asked_whether(sentence_around(at), at) && !is_determined(at));
  }

  // "Everything else", "the others", "or not", "otherwise"; but not "a shirt, and everything else that people wear".
  bool is_told_from_rest() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto& before = i > 0 ? tokens_[i - 1].word : tokens_[i].word;
      if (tokens_[i].word == "otherwise" || (tokens_[i].word == "else" && tokens_[i].begins) ||
          (is_contrast(before) && is_denied_at(i)))
        return true;
      // "Whatever isn't trousers", "anything that's not one".
      if ((tokens_[i].word == "anything" || tokens_[i].word == "whatever" || tokens_[i].word == "everything") &&
          any(i + 1, i + 3, [&](std::size_t at) { return is_denied_being(tokens_[at].word); }))
        return true;
      const auto first = is_rest(i);
      if (!first) continue;
      const bool stands_alone = *first == 0 || tokens_[*first].begins;
      if (stands_alone || is_nothing(tokens_[*first].word) || is_contrast(tokens_[*first - 1].word) ||
          tokens_[*first - 1].word == "of" || tokens_[*first - 1].word == "for" || follows_contrast(*first) ||
          is_put_together(i) || tokens_[*first - 1].word == "among" || is_lumping(tokens_[*first - 1].word) ||
          (is_joint(tokens_[*first - 1].word) && says_other_place(i)) ||
          any(*first - std::min<std::size_t>(2, *first), *first,
              [&](std::size_t at) { return is_negation(tokens_[at].word); }) ||
          any(i + 1, i + 1 + kNearList, [&](std::size_t at) { return is_verdict(tokens_[at].word); }))
        return true;
    }
    return false;
  }

  // "Or it's some other garment".
  bool follows_contrast(std::size_t at) const {
    while (at > 1 && (tokens_[at - 1].word == "it" || tokens_[at - 1].word == "is")) --at;
    return at > 0 && is_contrast(tokens_[at - 1].word);
  }

  // "The rest as one class".
  bool is_put_together(std::size_t at) const {
    return any(at + 1, at + 1 + kNearList, [&](std::size_t i) {
      return tokens_[i].word == "together" || is_phrase(i, {"as", "one"}) || is_phrase(i, {"as", "a"});
    });
  }

  // "Or not", "or false", "or it isn't", "or there's not".
  bool is_denied_at(std::size_t at) const {
    const auto& word = tokens_[at].word;
    if (word == "not" || word == "no" || word == "non" || word == "false") return true;
    for (auto i = at; i < std::min(at + 3, tokens_.size()) && !tokens_[i].begins && !tokens_[i].tells; ++i)
      if (is_denied_being(tokens_[i].word)) return true;
    return false;
  }

  // "Zeros here and the rest in the other tray".
  bool says_other_place(std::size_t at) const {
    return any(at + 1, sentence_around(at).last + 1, [&](std::size_t i) {
      return tokens_[i].word == "another" || (tokens_[i].word == "other" && tokens_[i - 1].word == "the");
    });
  }

  // "Everything else", "one of the other nine": whether it begins at a place.
  bool begins_rest(std::size_t at) const {
    for (; at < tokens_.size() && !tokens_[at].begins; ++at) {
      if (is_rest(at)) return true;
      if (tokens_[at].tells && !tokens_[at].number) return false;
    }
    return false;
  }

  // Where "everything else", "all the others", "the rest", "any other thing" begins that ends at a place.
  std::optional<std::size_t> is_rest(std::size_t at) const {
    const auto& word = tokens_[at].word;
    auto first = at;
    // "Whatever's left", "all that remains".
    const auto& before = at > 0 ? tokens_[at - 1].word : word;
    const bool left = (word == "left" || word == "remains") &&
                      (before == "whatever" || before == "what's" || before == "that" || before == "what");
    if (left) --first;
    while (first > 0 && !tokens_[first].begins && is_before_rest(first - 1)) --first;
    if (left) return first;
    // "Horse versus all".
    const bool ends = at + 1 == tokens_.size() || tokens_[at + 1].begins || tokens_[at + 1].word == "for" ||
                      is_place_before(tokens_[at + 1].word);
    if (word == "all" && ends && (before == "v" || before == "vs" || before == "versus" || before == "against"))
      return at;
    const bool anything = word == "anything" && (is_phrase(at + 1, {"that"}) || is_phrase(at + 1, {"but"}));
    if (anything || is_rest_of_all(word)) return first;
    if ((word == "else" || word == "other" || word == "another" || word == "remaining") &&
        (first < at || word != "else"))
      return first;
    return std::nullopt;
  }

  // "All", "any", "the nine"; "whatever" of "from whatever else", but not of "or whatever else".
  bool is_before_rest(std::size_t at) const {
    const auto& word = tokens_[at].word;
    return is_all(word) || number_of(word) || (word == "whatever" && at > 0 && tokens_[at - 1].word != "or");
  }

  // "Detect sneakers", "a boot detector", but not "find what this shirt is".
  bool is_detected(std::size_t at) const {
    if (at + 1 < tokens_.size() && is_detector(tokens_[at + 1].word)) return true;
    for (auto i = at; i > 0 && at - i < kNearList && !tokens_[i].begins; --i) {
      const auto& before = tokens_[i - 1].word;
      if (is_detecting(before) || (is_detector(before) && i < at)) return true;
      if (tokens_[i - 1].tells || is_contrast(before)) return false;
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

  // "It's a cat, she says; it is a deer, say I": classes that a picture is said to be of.
  std::size_t asserted() const {
    std::size_t count = 0;
    for (std::size_t i = 2; i < tokens_.size(); ++i) {
      const auto &article = tokens_[i - 1].word, &is = tokens_[i - 2].word;
      count += named_[i] && (article == "a" || article == "an") && (is == "it" || is == "is" || is == "that");
    }
    return count;
  }

  std::size_t count_of(std::string_view word) const {
    return static_cast<std::size_t>(std::ranges::count(tokens_, word, &Token::word));
  }

  // Whether the instruction says that what it names is to be told apart, and `count` classes of it.
  bool tells_apart(std::size_t count) const {
    // "If it is a horse ..., if it is a car", "dresses go left, shirts go right".
    if (count_of("if") > 1 || asserted() > 1 || (count_of("left") > 0 && count_of("right") > 0)) return true;
    bool one = false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto& word = tokens_[i].word;
      const auto& before = i > 0 ? tokens_[i - 1].word : word;
      if (is_telling_apart(word) || (word == "from" && is_told_from(i))) return true;
      if (word == "which" && i > 1 && tokens_[i - 2].word == "which") return true;
      if (word == "one" && before == "which") return true;
      // "Ignoring everything else", "leaving out all others".
      if (is_negation(word) && any(i + 1, i + 1 + kNearList, [&](std::size_t at) {
            return tokens_[at].word == "everything" || tokens_[at].word == "others" || tokens_[at].word == "rest";
          }))
        return true;
      // "Nothing else", "that's all".
      if (is_nothing(before) && (word == "else" || word == "besides" || word == "more" || word == "but")) return true;
      if (word == "all" && (before == "that's" || before == "thats" || before == "is")) return true;
      // "One on this shelf, the other on that".
      if (word == "one") one = true;
      if (one && (word == "another" || (word == "other" && before == "the"))) return true;
      if (number_of(word) == static_cast<std::int64_t>(count) && i + 1 < tokens_.size() && is_pile(tokens_[i + 1].word))
        return true;
      const bool these = before == "the" || before == "those" || before == "these";
      if (these && number_of(word) == static_cast<std::int64_t>(count) && !is_network_part_at(i + 1)) return true;
    }
    return false;
  }

  bool is_network_part_at(std::size_t at) const { return at < tokens_.size() && is_network_part(tokens_[at].word); }

  // "Such as cats and dogs", "cats, dogs and the like"; of what has an order, not "from airplanes to trucks".
  bool is_open(const Run& run) const {
    if (opens(run.first) || any(run.first, run.last, [&](std::size_t i) { return tokens_[i].word == "etc"; }))
      return true;
    for (auto i = run.last + 1; i < tokens_.size() && i - run.last <= kNearList; ++i) {
      if (tokens_[i].breaks && tokens_[i].word == "the") break;  // "the rest never turn up"
      if (goes_on(i)) return true;
      if (tokens_[i].tells) break;
    }
    return !subject_.numbered && run.first > 0 && tokens_[run.first - 1].word == "from" &&
           any(run.first, run.last, [&](std::size_t i) { return tokens_[i].word == "to"; });
  }

  bool goes_on(std::size_t at) const {
    if (is_open_after(tokens_[at].word) && !is_wish(at) && !is_closed(at)) return true;
    return is_phrase(at - 1, {"so", "on"}) || is_phrase(at, {"that", "sort", "of"}) ||
           is_phrase(at, {"that", "kind", "of"}) || is_phrase(at, {"you", "name", "it"}) ||
           is_phrase(at, {"all", "that"}) || is_phrase(at, {"what", "have", "you"}) || is_phrase(at, {"the", "lot"}) ||
           is_phrase(at, {"any", "of", "the"}) || is_phrase(at, {"all", "of", "them"});
  }

  bool is_phrase(std::size_t at, const std::vector<std::string>& words) const {
    if (at + words.size() > tokens_.size()) return false;
    return std::equal(words.begin(), words.end(), tokens_.begin() + static_cast<std::ptrdiff_t>(at),
                      [](const std::string& word, const Token& token) { return token.word == word; });
  }

  // Whether what begins at a place is said to be of examples.
  bool opens(std::size_t first) const {
    for (auto i = first; i > 0 && first - i < kNearList && !tokens_[i].breaks; --i) {
      if (is_open_before(tokens_[i - 1].word) && !is_wish(i - 1)) return true;
      if (tokens_[i - 1].tells) return false;
    }
    return false;
  }

  // "Nothing else", "no other", "the other".
  bool is_closed(std::size_t at) const {
    const auto& before = tokens_[at - 1].word;
    return is_nothing(before) || is_negation(before) ||
           (is_phrase(at - 1, {"the", "other"}) && (at < 2 || tokens_[at - 2].word != "all"));
  }

  // "I'd like", "look like": no list of examples.
  bool is_wish(std::size_t at) const {
    if (tokens_[at].word != "like" || at == 0) return false;
    // "Like in the old days".
    if (at + 1 < tokens_.size() && tokens_[at + 1].word == "in") return true;
    const auto& before = tokens_[at - 1].word;
    for (const char* word : {"would", "i'd", "we'd", "you'd", "they'd", "he'd", "she'd", "i", "we", "you", "should",
                             "to", "look", "looks"})
      if (before == word) return true;
    return false;
  }

  bool is_contrasted(const Run& run) const {
    return any(run.first, run.last, [&](std::size_t i) { return is_contrast(tokens_[i].word); });
  }

  // "Sandals or boots?": leaves no doubt what it is about, whatever else is said.
  bool is_stated(const Run& run) const {
    return is_contrasted(run) && !any(run.first, run.last + 1, [&](std::size_t i) {
             return tokens_[i].tells && (!named_[i] || !is_own_name(i));
           });
  }

  bool is_meant(const Run& run, std::size_t count) const {
    if (subject_.numbered) return true;
    if (is_contrasted(run)) return true;
    if (is_confined(run)) return true;
    const Run around{sentence_around(run.first).first, sentence_around(run.last).last};
    const bool alone = !any(around.first, around.last + 1, [&](std::size_t i) {
      return tokens_[i].tells && !named_[i] && !is_of_whole(tokens_[i]) && !is_place(i);
    });
    // "Sneakers and sandals: which is it?"
    const auto next = around.last + 1;
    const bool asked = next < tokens_.size() && any(next, sentence_around(next).last + 1, [&](std::size_t i) {
                         return tokens_[i].word == "which" || tokens_[i].word == "whether";
                       });
    const bool whole = any(0, tokens_.size(),
                           [&](std::size_t i) { return tokens_[i].tells && !named_[i] && is_of_whole(tokens_[i]); });
    return alone || asked || (!whole && is_list(run)) || tells_apart(count);
  }

  // "Sort them into cats and dogs", "narrow it down to the cats and the dogs".
  bool is_confined(const Run& run) const {
    auto at = run.first;
    while (at > 0 && is_determiner(tokens_[at - 1].word)) --at;
    if (at == 0) return false;
    return tokens_[at - 1].word == "into" ||
           (tokens_[at - 1].word == "to" &&
            any(at - std::min(at, kLongestGap), at, [&](std::size_t i) { return is_confining(tokens_[i].word); }));
  }

  // "Boats, cars and planes", but not "the horse show car", nor what stands beside "horse or truck".
  bool is_list(const Run& run) const {
    // "Pullover coat shirt, the hard ones".
    const bool all = tokens_[run.first].begins && (run.last + 1 == tokens_.size() || tokens_[run.last + 1].begins);
    auto last = run.first;
    for (auto at = run.first + 1; at <= run.last; ++at) {
      if (!named_[at]) continue;
      if (!(all && at == last + 1) &&
          !any(last + 1, at + 1, [&](std::size_t i) { return tokens_[i].begins || is_joint(tokens_[i].word); }))
        return false;
      last = at;
    }
    return std::ranges::none_of(runs_,
                                [&](const Run& other) { return other.first != run.first && is_contrasted(other); });
  }

  // The next word from `at` on that tells something, in a direction and within a few words; backwards not beyond the
  // beginning of the sentence.
  std::optional<std::size_t> telling(std::size_t at, std::ptrdiff_t direction) const {
    for (std::size_t steps = 0; steps < kNearList && at < tokens_.size();
         ++steps, at += static_cast<std::size_t>(direction)) {
      if (tokens_[at].tells || tokens_[at].number) return at;
      if (tokens_[at].breaks && direction < 0) return std::nullopt;
    }
    return std::nullopt;
  }

  bool could_be_class(const Token& token, double least = kLikeClass) const {
    if (subject_.numbered) return token.number;
    if (token.number || is_of_whole(token)) return false;
    double closest = meanings_.closeness(token.term, subject_.keywords);
    for (const auto& terms : subject_.classes) closest = std::max(closest, meanings_.closeness(token.term, terms));
    return closest >= least;
  }

  // "A skirt" of "a skirt or trousers", "socks" of "socks from gloves".
  std::optional<std::string> set_against() const {
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      const auto& word = tokens_[i].word;
      const bool either = word == "or" || word == "vs" || word == "versus" || word == "against";
      const bool listed = word == "and" && (subject_.numbered || are_told_apart(i));
      const bool bare = word == "from" &&
                        ((could_be_class(tokens_[i - 1], kNearClass) && could_be_class(tokens_[i + 1], kNearClass)) ||
                         is_all_said(i - 1, i + 1));
      const bool told = word == "from" && (bare || is_told_from(i));
      if ((!either && !listed && !told) || is_denied_at(i + 1) || begins_rest(i + 1)) continue;
      // "Bicycles against trains": what stands there is meant, whatever it says elsewhere.
      const bool strict = either && word != "or" && is_generic_plural(tokens_[i + 1]);
      const auto before = telling(i - 1, -1), after = strict ? std::optional(i + 1) : telling_after(i + 1);
      if (!before || !after) continue;
      const bool first = named_[*before].has_value(), second = named_[*after].has_value();
      if ((first && second) || tokens_[*before].left_out || tokens_[*after].left_out) continue;
      const auto& other = tokens_[first ? *after : *before];
      if (is_destination(other)) continue;
      // "Two or not two".
      if (!tokens_[*after].tells && tokens_[*before].term.text == tokens_[*after].term.text) continue;
      if (opens(*before) || opens(*after) || (word == "or" && is_of_whole(other))) continue;
      if (is_keyword(other.term)) continue;
      if (any(i, *after + 1, [&](std::size_t at) { return is_open_after(tokens_[at].word); })) continue;
      if (listed && !subject_.numbered && (!is_beside(*before, i) || !is_beside(i, *after))) continue;
      if (subject_.numbered
              ? other.number && tokens_[first ? *before : *after].number
              : first || second || told || word != "or" ||
                    (could_be_class(tokens_[*before]) && could_be_class(tokens_[*after])) ||
                    (is_beside(*before, i) && is_beside(i, *after) &&
                     (could_be_class(tokens_[*before], kNearClass) || could_be_class(tokens_[*after], kNearClass))))
        return other.word;
    }
    return std::nullopt;
  }

  // "Shelf" where boots "go on the shelf".
  bool is_destination(const Token& token) const {
    for (std::size_t i = 2; i < tokens_.size(); ++i) {
      if (tokens_[i].term.text != token.term.text || !is_determiner(tokens_[i - 1].word)) continue;
      const auto& before = tokens_[i - 2].word;
      if (is_place_before(before) || before == "to" || before == "into") return true;
    }
    return false;
  }

  // "Motorbikes and lorries need telling apart": two of the set's kind.
  bool are_told_apart(std::size_t at) const {
    const bool told = count_of("apart") > 0 || count_of("between") > 0;
    return told && could_be_class(tokens_[at - 1]) && could_be_class(tokens_[at + 1]);
  }

  // "Bracelets from necklaces" and no more.
  bool is_all_said(std::size_t first, std::size_t second) const {
    const auto strange = [&](std::size_t i) { return tokens_[i].tells && !is_of_whole(tokens_[i]); };
    return strange(first) && strange(second) && std::ranges::count_if(tokens_, &Token::tells) == 2;
  }

  static bool is_generic_plural(const Token& token) {
    return !token.number && !is_function_word(token.word) && is_generic_word(token.term.text) &&
           token.word.ends_with('s');
  }

  // "Hats" of "hats and scarves, which is which": where nothing else is named.
  std::optional<std::string> told_apart() const {
    const bool which = count_of("which") > 1 || count_of("apart") > 0 || count_of("between") > 0;
    if (subject_.numbered || !which) return std::nullopt;
    std::optional<std::string> first;
    for (const Token& token : tokens_) {
      if (!token.tells) continue;
      if (meanings_.closeness(token.term, subject_.keywords) >= kNearWhole) return std::nullopt;
      if (!first && could_be_class(token)) first = token.word;
    }
    return first;
  }

  // "Scarves" of "gloves, hats and scarves", where nothing of the set is named: three things and more, in the plural or
  // to choose from.
  std::optional<std::string> listed() const {
    if (subject_.numbered || any(0, tokens_.size(), [&](std::size_t i) {
          return (is_of_whole(tokens_[i]) && !is_purpose(i)) || (named_[i] && is_own_name(i));
        }))
      return std::nullopt;
    const auto said = std::ranges::count_if(tokens_, &Token::tells);
    for (std::size_t last = 2; last < tokens_.size(); ++last) {
      if (!tokens_[last].tells) continue;
      std::ptrdiff_t items = 0, plurals = 0, like = 0;
      for (std::optional<std::size_t> i = last; i; i = item_before(*i)) {
        ++items;
        plurals += tokens_[*i].word.ends_with('s');
        like += could_be_class(tokens_[*i]);
      }
      const bool choice = tokens_[last - 1].word == "or";
      if (items > 2 && (plurals > 1 || choice) && like > 0) return tokens_[last].word;
      // "Scarves and mittens" and no more.
      if (items == 2 && said == 2 && plurals == 2 && like == 2) return tokens_[last].word;
    }
    return std::nullopt;
  }

  // "Samosa" of "samosa or kachori", where nothing of the set is named: no words of it, known or not.
  std::optional<std::string> strangers() const {
    if (any(0, tokens_.size(), [&](std::size_t i) {
          return is_keyword(tokens_[i].term) || (named_[i] && is_own_name(i)) || group_named(tokens_[i].term, subject_);
        }))
      return std::nullopt;
    for (std::size_t i = 1; i + 1 < tokens_.size(); ++i) {
      const auto& word = tokens_[i].word;
      if (word != "or" && word != "vs" && word != "versus" && word != "against") continue;
      const auto after = is_determiner(tokens_[i + 1].word) ? i + 2 : i + 1;
      if (is_strange(i - 1) && is_strange(after) && !tokens_[after].begins) return tokens_[i - 1].word;
    }
    return std::nullopt;
  }

  // "Necktie" of "necktie, scarf, cravat", "banana" of "banana wheelbarrow": nothing but things of which the set has
  // none.
  std::optional<std::string> bare_strangers() const {
    const auto bare = [&](std::size_t i) {
      const Token& token = tokens_[i];
      if (token.tells)
        return !is_keyword(token.term) && !is_described(token.term) && !(named_[i] && is_own_name(i)) &&
               !group_named(token.term, subject_);
      return !token.number && (is_joint(token.word) || token.word == "or" || token.word == "of" || token.word == "on" ||
                               is_determiner(token.word));
    };
    if (subject_.numbered || std::ranges::count_if(tokens_, &Token::tells) < 2 ||
        any(0, tokens_.size(), [&](std::size_t i) { return !bare(i); }))
      return std::nullopt;
    return std::ranges::find_if(tokens_, &Token::tells)->word;
  }

  bool is_described(const Term& term) const { return meanings_.closeness(term, subject_.description) >= kOfWhole; }

  bool is_keyword(const Term& term) const {
    return std::ranges::find(subject_.keywords, term.text, &Term::text) != subject_.keywords.end();
  }

  bool is_strange(std::size_t at) const {
    if (at >= tokens_.size() || tokens_[at].number || tokens_[at].place) return false;
    const auto& term = tokens_[at].term;
    return term.text.size() > 2 && !is_function_word(tokens_[at].word) && tells_something(term.text) &&
           !could_be_class(tokens_[at]);
  }

  // "For the haberdashery counter".
  bool is_purpose(std::size_t at) const {
    return any(at - std::min(at, kNearList), at, [&](std::size_t i) { return tokens_[i].word == "for"; });
  }

  // "Belts" of "trousers, shirts and belts": of the set's kind and no class, in a list of three and more in the plural
  // that names classes.
  std::optional<std::string> stranger_listed() const {
    for (std::size_t last = 2; !subject_.numbered && last < tokens_.size(); ++last) {
      if (!tokens_[last].tells || opens(last)) continue;
      std::optional<std::string> stranger;
      std::size_t items = 0, classes = 0, first = last;
      for (std::optional<std::size_t> i = last; i && is_plural_noun(*i); i = item_before(first = *i)) {
        ++items;
        if (named_[*i] && is_own_name(*i))
          ++classes;
        else if (!class_named(tokens_[*i], subject_, meanings_) && could_be_class(tokens_[*i], kNearClass))
          stranger = tokens_[*i].word;
      }
      if (items > 2 && classes > 0 && stranger && !is_open({first, last})) return stranger;
    }
    return std::nullopt;
  }

  bool is_plural_noun(std::size_t at) const { return tokens_[at].word.ends_with('s'); }

  // The word that a list has before the one at a place: "hats" of "hats and scarves", of "hats, scarves".
  std::optional<std::size_t> item_before(std::size_t at) const {
    if (tokens_[at].breaks) return std::nullopt;
    const auto joint = at > 0 ? tokens_[at - 1].word : std::string();
    const bool joined = at > 1 && !tokens_[at].begins && (is_joint(joint) || joint == "or");
    if (!joined && !tokens_[at].begins) return std::nullopt;
    const auto before = at - (joined ? 2 : 1);
    return at > 0 && tokens_[before].tells ? std::optional(before) : std::nullopt;
  }

  // But for an article.
  bool is_beside(std::size_t first, std::size_t second) const {
    return second == first + 1 ||
           (second == first + 2 &&
            (tokens_[first + 1].word == "a" || tokens_[first + 1].word == "an" || tokens_[first + 1].word == "the"));
  }

  // The class that is named next, else the next word that tells something.
  std::optional<std::size_t> telling_after(std::size_t at) const {
    for (auto i = at; i < std::min(at + kNearList, tokens_.size()) && !tokens_[i].begins; ++i)
      if (named_[i]) return i;
    return telling(at, 1);
  }

  // "Tell socks from gloves".
  bool is_told_from(std::size_t at) const {
    return any(at > 4 ? at - 4 : 0, at, [&](std::size_t i) {
      const auto& word = tokens_[i].word;
      return word.starts_with("tell") || word == "know" || is_telling_apart(word);
    });
  }

  const Sentence& sentence_;
  const std::vector<Token>& tokens_;
  const Subjects& subject_;
  const Meanings& meanings_;
  Named named_;
  std::vector<Run> runs_;
};

}  // namespace

std::optional<std::int64_t> class_named(const Token& token, const Subjects& subject, const Meanings& meanings) {
  if (subject.foreign.contains(token.term.text)) return std::nullopt;
  std::vector<double> fits;
  for (const auto& terms : subject.classes) {
    // One number is as close as the other: only its own will do.
    double best = token.number ? 0 : meanings.closeness(token.term, terms);
    // The name itself leaves no doubt, whatever it is close to.
    if (std::ranges::any_of(terms, [&](const Term& term) { return term.text == token.term.text; })) best = 2;
    fits.push_back(best);
  }
  const auto best = std::ranges::max_element(fits);
  if (best == fits.end() || *best < kNamesClass) return std::nullopt;
  for (auto other = fits.begin(); other != fits.end(); ++other)
    if (other != best && *other > *best - kNamesNoOther) return std::nullopt;
  // A word of the whole set is none of a class: "footwear" is not "sandal".
  if (*best < 1 && meanings.closeness(token.term, subject.keywords) > *best) return std::nullopt;
  return best - fits.begin();
}

ClassList list_classes(const Sentence& sentence, const Subjects& subject, const Meanings& meanings) {
  return Lists(sentence, subject, meanings).read();
}

}  // namespace weightloom
