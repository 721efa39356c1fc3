#include "class_list.hpp"

#include <algorithm>
#include <utility>

#include "class_groups.hpp"
#include "contradictions.hpp"
#include "named_tokens.hpp"
#include "rest_of_classes.hpp"
#include "strangers.hpp"
#include "vocabulary.hpp"

namespace weightloom {
namespace {

// A class is named by a word that is so close to its name, and by so much closer than to any other class's.
constexpr double kNamesClass = 0.6, kNamesNoOther = 0.12;
// So close is what is a kind of it.
constexpr double kLikeKind = 0.1;

void add_once(std::vector<std::int64_t>& classes, std::int64_t c) {
  if (std::ranges::find(classes, c) == classes.end()) classes.push_back(c);
}

class Lists : NamedTokens {
 public:
  Lists(const Sentence& sentence, const Subjects& subject, const Meanings& meanings)
      : NamedTokens(sentence, subject, meanings) {
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (is_others(i)) drop_examples(i + 1);
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      if (named_[i]) add_to_runs(i);
  }

  ClassList read() const {
    ClassList out = read_asked();
    out.contradicted = asked_for_and_left_out(*this, out);
    return out;
  }

 private:
  ClassList read_asked() const {
    if (const auto beyond = label_beyond()) return {.no_class = beyond};
    if (any(0, tokens_.size(), [&](std::size_t i) { return tokens_[i].label; }))
      if (auto list = labelled(); !list.named.empty() || list.no_class) return list;
    if (auto found = parity_named(); !found.empty()) return of_numbers(std::move(found));
    if (auto found = within_bounds(); !found.empty()) return of_numbers(std::move(found));
    ClassList out = read_runs();
    add_groups_between(out);
    if (out.classes.empty() && !out.no_class && !out.whether && !asks_for_group(*this))
      if (auto found = classes_of_groups(sentence_, subject_, meanings_, out, says_number_of_classes());
          !found.empty()) {
        out.named = out.classes = std::move(found);
        return out;
      }
    // "Airplane through truck, but no horse".
    const bool whole =
        out.named.empty() || (out.open && out.classes.empty() &&
                              std::ranges::none_of(out.named, [&](std::int64_t c) { return leaves_out(c); }));
    if (whole && !out.no_class && !out.whether) out.classes = all_but_left_out();
    drop_from_ranges(out);
    return out;
  }

  // The group that an item of a list names.
  std::optional<std::size_t> group_listed(std::size_t at) const {
    return tokens_[at].tells && !named_[at] && item_before(at) ? group_named(tokens_[at].term, subject_) : std::nullopt;
  }

  // "Shoes" of "shirts, shoes and bags".
  void add_groups_between(ClassList& list) const {
    for (const Run& run : runs_) {
      if (std::ranges::find(list.classes, *named_[run.first]) == list.classes.end()) continue;
      for (auto i = run.first + 1; i < run.last; ++i) {
        const auto group = group_listed(i);
        if (!group) continue;
        for (const auto c : subject_.groups[*group].classes)
          for (auto* classes : {&list.classes, &list.named}) add_once(*classes, c);
      }
    }
  }

  ClassList read_runs() const {
    ClassList out;
    // Beside classes that are named what is like one counts in their lists alone.
    const bool by_name = std::ranges::any_of(runs_, [&](const Run& run) { return has_own_name(run); });
    for (const Run& run : runs_)
      if (!by_name || has_own_name(run)) add_classes(run, out.named);
    const auto others = subject_.classes.size() - std::min(out.named.size(), subject_.classes.size());
    out.whether = by_name && out.named.size() > 1 && others > 1 && are_told_from_rest(*this, out.named.size()) &&
                  std::ranges::none_of(runs_, [&](const Run& run) { return opens(run.first); });
    if (out.whether) return out;
    if (const auto stranger = stranger_among_classes(*this)) return {.no_class = stranger};
    out.no_class = find_stranger(*this, runs_.empty());
    const bool whole = says_number_of_classes() || (out.named.size() > 1 && says_all_kinds()) ||
                       adds_all_others(out.named.size()) || (lists_as_many() && out.named.size() > 1) ||
                       sorts_into_all(out.named);
    for (const Run& run : runs_) {
      std::vector<std::int64_t> own;
      add_classes(run, own);
      if (own.size() < 2) {
        out.open = out.open || is_open(run);
        if (const auto kind = kinds_of_one_class(run); kind && !out.open) return {.no_class = kind};
        continue;
      }
      if (const auto kind = kind_beside_class(run)) return {.no_class = kind};
      out.no_class.reset();  // what is set against something else is beside the matter
      if (out.open = is_open(run); out.open) return out;
      const bool stated = is_stated(run);
      if (stated && !std::exchange(out.stated, true)) out.classes.clear();
      if (stated || (!out.stated && is_meant(run, own.size())))
        for (const auto c : own) add_once(out.classes, c);
    }
    if (out.classes.empty() && out.named.size() == 2 && are_set_against()) {
      out.no_class.reset();
      out.classes = out.named;
      out.stated = true;
    }
    // "Is there a seven on it? Or a one?"
    const bool sole = std::ranges::none_of(tokens_, [&](const Token& token) {
      return token.tells && !class_named(token, subject_, meanings_) && !is_of_whole(token);
    });
    const bool numbers = subject_.numbered && says_what_numbers();
    const bool groups = any(1, tokens_.size(), [&](std::size_t i) { return group_listed(i).has_value(); });
    if (out.classes.empty() && out.named.size() >= 2 && !groups && (numbers || sole || tells_apart(out.named.size())))
      out.classes = out.named;
    if (whole || out.classes.size() == subject_.classes.size()) out.classes.clear();
    const bool left_out = out.named.empty() && !all_but_left_out().empty();
    out.alone = out.classes.empty() && out.named.size() == 1 && !left_out && is_left_alone(*this);
    out.whether = out.classes.empty() && !out.alone && !adds_all_others(out.named.size()) && !left_out &&
                  asks_whether(*this, out);
    return out;
  }

  // "Class 12", "classes 8, 9 and 10" of ten that are numbers.
  std::optional<std::string> label_beyond() const {
    bool list = false;
    for (std::size_t i = 0; subject_.numbered && i < tokens_.size(); ++i) {
      const auto number = number_of(tokens_[i].word);
      // "Classes: ten".
      const bool all = number == static_cast<std::int64_t>(subject_.classes.size()) && tokens_[i].begins;
      if (list && number && !all && *number >= static_cast<std::int64_t>(subject_.classes.size()))
        return tokens_[i].word;
      const bool label = tokens_[i].word == "class" || tokens_[i].word == "classes";
      list = label || (list && (number || is_joint(tokens_[i].word) || tokens_[i].word == "or"));
    }
    return std::nullopt;
  }

  bool leaves_out(std::int64_t c) const {
    return any(0, tokens_.size(),
               [&](std::size_t i) { return tokens_[i].left_out && class_named(tokens_[i], subject_, meanings_) == c; });
  }

  // "The digits 1 to 5, without 3".
  void drop_from_ranges(ClassList& list) const {
    if (!subject_.numbered || !any(1, tokens_.size(), [&](std::size_t i) { return is_range(tokens_[i].word); })) return;
    const auto all = subject_.classes.size();
    if (list.classes.empty() && list.named.size() == all) list.classes = list.named;
    std::erase_if(list.classes, [&](std::int64_t c) {
      return leaves_out(c) && !any(0, tokens_.size(), [&](std::size_t i) { return named_[i] == c; });
    });
    if (list.classes.size() == all) list.classes.clear();
  }

  // "Cifar10 labels 0, 3 and 8"; one alone says how many there are.
  ClassList labelled() const {
    ClassList out;
    const auto count = static_cast<std::int64_t>(subject_.classes.size());
    std::vector<std::int64_t> left_out;
    std::optional<std::int64_t> last;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!tokens_[i].label) continue;
      const auto number = number_of(tokens_[i].word);
      if (!number || *number >= count) {
        out.no_class = tokens_[i].word;
        continue;
      }
      for (auto between = last && is_range(tokens_[i - 1].word) ? *last + 1 : *number; between <= *number; ++between)
        add_once(tokens_[i].left_out ? left_out : out.named, between);
      last = number;
    }
    if (out.named.empty() && left_out.empty() && std::ranges::count_if(tokens_, &Token::label) == 1) return {};
    if (out.no_class) return {.no_class = out.no_class};
    if (out.named.empty()) out.named = all_but(left_out);
    out.whether = out.named.size() == 1 && !is_left_alone(*this) && is_told_from_rest(*this);
    out.alone = out.named.size() == 1 && !out.whether;
    if (out.named.size() > 1 && out.named.size() < subject_.classes.size()) out.classes = out.named;
    return out;
  }

  // "The odd digits without the nine".
  ClassList of_numbers(std::vector<std::int64_t> classes) const {
    std::erase_if(classes, [&](std::int64_t c) { return leaves_out(c); });
    ClassList out{.named = classes, .classes = std::move(classes)};
    if (out.classes.size() == subject_.classes.size()) out.classes.clear();
    return out;
  }

  // Of "skip the sandals": all the others.
  std::vector<std::int64_t> all_but_left_out() const {
    std::vector<std::int64_t> left_out;
    std::optional<std::int64_t> last;  // of "skip three to five"
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto c = tokens_[i].left_out ? class_named(tokens_[i], subject_, meanings_) : std::nullopt;
      if (!c || !is_name_of(i, *c)) continue;
      if (subject_.numbered && last && is_range(tokens_[i - 1].word)) add_between(*last, *c, left_out);
      add_once(left_out, *c);
      last = c;
    }
    return all_but(left_out);
  }

  std::vector<std::int64_t> all_but(const std::vector<std::int64_t>& left_out) const {
    std::vector<std::int64_t> others;
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
    const auto before = at > 1 && tokens_[at - 1].word == "the" ? at - 1 : at;
    if (before > 1 && is_contrast(tokens_[before - 1].word) && tokens_[before - 2].word == "one") return false;
    return word == "others" || word == "rest" || (word == "else" && is_rest(at) && !is_nothing(tokens_[at - 1].word));
  }

  // Of "others (cats, deer, whatever)": classes up to what says something else.
  void drop_examples(std::size_t at) {
    for (; at < tokens_.size() && (named_[at] || !tokens_[at].tells) && !is_verdict(tokens_[at].word); ++at)
      named_[at].reset();
  }

  bool has_own_name(const Run& run) const {
    return any(run.first, run.last + 1, [&](std::size_t i) { return named_[i] && is_own_name(i); });
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
    if (!subject_.numbered && says_where(before) &&
        any(before + 1, at + 1, [&](std::size_t i) { return tokens_[i].begins; }))
      return false;
    if (any(before + 1, at + 1, [&](std::size_t i) { return tokens_[i].breaks && tokens_[i].word != "plus"; }))
      return is_bare(before) && is_bare(at);

    if (subject_.numbered && !is_number_list(before, at)) return false;
    // "In the garment bag a dress".
    const auto is_article = [&](std::size_t i) { return tokens_[i].word == "a" || tokens_[i].word == "an"; };
    // "Is it a bird is it a plane".
    const bool goes_on = is_phrase(before + 1, {"is", "it"}) || any(before + 1, at, [&](std::size_t i) {
                           return is_contrast(tokens_[i].word) || is_joint(tokens_[i].word) || tokens_[i].begins;
                         });
    if (!goes_on && !subject_.numbered && any(before + 1, at, is_article)) return false;
    // "A truck, that's all freight is", "a truck, freight is".
    const bool says =
        (tokens_[at].begins && at + 1 < tokens_.size() && is_being(tokens_[at + 1].word)) ||
        any(before + 1, at, [&](std::size_t i) { return is_being(tokens_[i].word) || tokens_[i].word == "that"; });
    if (says && !is_own_name(at)) return false;
    // "Freight comes by boat", "boots: what did the lady hand over".
    const bool asks = any(before + 1, at, [&](std::size_t i) { return is_which(tokens_[i].word); });
    if ((!goes_on && !tokens_[at].begins && !is_own_name(before)) || (asks && !is_own_name(at))) return false;
    return !any(before + 1, at, [&](std::size_t i) { return tokens_[i].tells && !(goes_on && i + 1 == at); });
  }

  // "What lies on the truck, a cat or a frog", "in the bag: shirt or trousers".
  bool says_where(std::size_t at) const {
    if (at == 0 || tokens_[at].begins || !is_determiner(tokens_[at - 1].word)) return false;
    for (auto i = at; i > 0 && !tokens_[i].begins; --i) {
      const auto& before = tokens_[i - 1].word;
      if (is_place_before(before) || is_beside(before)) return true;
      const bool of = before == "of" || (i > 1 && tokens_[i].word == "of");  // "on the deck of the ship"
      if (!is_determiner(before) && !of) return false;
    }
    return false;
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

  // "Ferries" of "ships vs ferries vs trucks": set against the class that they are of.
  std::optional<std::string> kind_beside_class(const Run& run) const {
    if (!any(run.first, run.last, [&](std::size_t i) { return is_versus(tokens_[i].word); })) return std::nullopt;
    for (auto i = run.first; i <= run.last; ++i) {
      // "Versus birds, the gulls fool me" sets no gulls against birds.
      const bool set =
          (i > run.first && is_versus(tokens_[i - 1].word)) || (i < run.last && is_versus(tokens_[i + 1].word));
      if (!named_[i] || is_own_name(i) || !set) continue;
      const bool described =
          (i > run.first && named_[i - 1] == named_[i]) || (i < run.last && named_[i + 1] == named_[i]);
      if (!described &&
          any(run.first, run.last + 1, [&](std::size_t at) { return named_[at] == named_[i] && is_own_name(at); }))
        return tokens_[i].word;
    }
    return std::nullopt;
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
      const bool denied = is_denied_parity(i);
      even = even || (denied ? tokens_[i].word == "odd" : tokens_[i].word == "even" && tokens_[i + 1].tells);
      odd = odd || (denied ? tokens_[i].word == "even" : tokens_[i].word == "odd" && tokens_[i].tells);
    }
    std::vector<std::int64_t> out;
    if (even == odd) return out;
    for (std::size_t c = 0; c < subject_.classes.size(); ++c)
      if (number_at(static_cast<std::int64_t>(c)) % 2 == (odd ? 1 : 0)) out.push_back(static_cast<std::int64_t>(c));
    return out;
  }

  bool says_number_of_classes() const {
    return any(0, tokens_.size(), [&](std::size_t i) { return is_number_of_classes(i); });
  }

  // "Into ten piles, nought in the first one and nine in the last": as many as there are classes.
  bool sorts_into_all(const std::vector<std::int64_t>& named) const {
    const auto last = static_cast<std::int64_t>(subject_.classes.size()) - 1;
    const bool ends = named.size() == 2 && std::min(named[0], named[1]) == 0 && std::max(named[0], named[1]) == last;
    return any(0, tokens_.size(), [&](std::size_t i) {
      return number_of(tokens_[i].word) == last + 1 && i + 1 < tokens_.size() && is_pile(tokens_[i + 1].word) &&
             (ends || (i > 0 && tokens_[i - 1].word == "into"));
    });
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

  // "All its classes", "every sort of thing", "all the remaining kinds of clothing"; but not "all kinds of boots".
  bool says_all_kinds() const {
    return any(1, tokens_.size(), [&](std::size_t i) {
      const bool kind = is_kind(tokens_[i].word) || is_label(tokens_[i].word);
      if (!kind && !(tokens_[i].tells && is_of_whole(tokens_[i]))) return false;
      bool others = false;
      for (auto at = i; at > 0 && i - at <= kNearList && !tokens_[at].begins; --at) {
        const auto& before = tokens_[at - 1].word;
        const bool listed =
            at > 1 && (tokens_[at - 1].begins || is_joint(tokens_[at - 2].word) || tokens_[at - 2].word == "or" ||
                       tokens_[at - 2].word == "of" || tokens_[at - 2].word == "for");
        // "And every digit", "or any of the other garments".
        if (!kind && (is_all(before) || before == "the") && listed && (others || before == "every"))
          return !denies(at - 1);
        if (kind && (before == "all" || before == "every")) return !denies(at - 1) && !counts_class(i + 1);
        others = others || before == "other" || before == "remaining";
        if (!is_determiner(before) && !others && before != "of") return false;
      }
      return false;
    });
  }

  // Of "all sorts of": what there are all sorts of is a class, or something else than the whole.
  bool counts_class(std::size_t at) const {
    if (!is_phrase(at, {"of"})) return false;
    return any(at + 1, at + 3, [&](std::size_t i) {
      return named_[i] || (tokens_[i].tells && !is_of_whole(tokens_[i]) && !is_described(tokens_[i].term) &&
                           !is_generic_word(tokens_[i].term.text));
    });
  }

  // "Tops, trousers, ..., bags and boots": as many things as there are classes, all but one of which are classes.
  bool lists_as_many() const {
    return !subject_.numbered && any(1, tokens_.size(), [&](std::size_t last) {
      std::vector<std::int64_t> classes;
      std::size_t items = 0;
      for (std::optional<std::size_t> i = last; i && tokens_[*i].tells && !is_keyword(tokens_[*i].term);
           i = item_before(*i)) {
        if (named_[*i] && is_own_name(*i)) add_once(classes, *named_[*i]);
        ++items;
      }
      return items == subject_.classes.size() && classes.size() + 1 == items;
    });
  }

  bool denies(std::size_t at) const {
    return any(at - std::min(at, kNearList), at,
               [&](std::size_t i) { return is_negation(tokens_[i].word) || is_denied_being(tokens_[i].word); });
  }

  // "Deer, dogs and the other eight", but not "never mind the other eight".
  bool adds_all_others(std::size_t named) const {
    if (named < 2) return false;
    return any(1, tokens_.size(), [&](std::size_t i) {
      const auto &word = tokens_[i].word, &before = tokens_[i - 1].word;
      const auto is_other = [](const std::string& text) {
        return text == "other" || text == "others" || text == "remaining";
      };
      const auto number = is_other(before) ? number_of(word) : is_other(word) ? number_of(before) : std::nullopt;
      return number && named + static_cast<std::size_t>(*number) == subject_.classes.size() &&
             !any(i - std::min(i, kNearList), i + kNearList, [&](std::size_t at) {
               const auto& next = at + 1 < tokens_.size() ? tokens_[at + 1].word : tokens_[at].word;
               return is_negation(tokens_[at].word) || is_denied_being(tokens_[at].word) ||
                      is_exclusion(tokens_[at].word, next) || is_dropping(tokens_[at].word, next);
             });
    });
  }

  // "A woolly pullover versus that garment with two legs, trousers": of two classes that are named, one on each side.
  bool are_set_against() const {
    const auto is_own = [&](std::size_t i) { return named_[i] && is_own_name(i); };
    std::size_t begin = 0, end = tokens_.size() - 1;
    while (begin < end && !is_own(begin)) ++begin;
    while (begin < end && !is_own(end)) --end;
    // "Cat meow versus dog bark" is about noises.
    const auto is_head = [&](std::size_t at) {
      return at + 1 == tokens_.size() || tokens_[at + 1].begins || !tokens_[at + 1].tells;
    };
    return begin < end && named_[begin] != named_[end] && (is_head(begin) || is_head(end)) &&
           sentence_around(begin).last >= end &&
           std::ranges::count_if(tokens_, [](const Token& token) { return is_versus(token.word); }) == 1 &&
           any(begin, end, [&](std::size_t i) { return is_versus(tokens_[i].word); });
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

  // "It's a cat, she says; it is a deer, say I": classes that a picture is said to be of.
  std::size_t asserted() const {
    std::size_t count = 0;
    for (std::size_t i = 2; i < tokens_.size(); ++i) {
      const auto &article = tokens_[i - 1].word, &is = tokens_[i - 2].word;
      count += named_[i] && (article == "a" || article == "an") && (is == "it" || is == "is" || is == "that");
    }
    return count;
  }

  // Whether the instruction says that what it names is to be told apart, and `count` classes of it.
  bool tells_apart(std::size_t count) const {
    // "If it is a horse ..., if it is a car", "dresses go left, shirts go right".
    if (count_of("if") > 1 || asserted() > 1 || (count_of("left") > 0 && count_of("right") > 0)) return true;
    bool one = false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const auto& word = tokens_[i].word;
      const auto& before = i > 0 ? tokens_[i - 1].word : word;
      if (is_telling_apart(word) || is_telling_apart(tokens_[i].term.text) || is_phrase(i, {"one", "of", "these"}) ||
          (word == "from" && is_told_from(i)))
        return true;
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
    if (is_confined(run) || drops_rest_after(run)) return true;
    const Run around{sentence_around(run.first).first, sentence_around(run.last).last};
    const bool alone = !any(around.first, around.last + 1, [&](std::size_t i) {
      return tokens_[i].tells && !named_[i] && !is_of_whole(tokens_[i]) && !is_place(i);
    });
    // "Sneakers and sandals: which is it?"
    const auto next = around.last + 1;
    const bool asked = next < tokens_.size() && any(next, sentence_around(next).last + 1, [&](std::size_t i) {
                         return tokens_[i].word == "which" || tokens_[i].word == "whether";
                       });
    const bool whole = any(0, tokens_.size(), [&](std::size_t i) {
      const bool inside = i > run.first && i < run.last;  // "ankle boots"
      return tokens_[i].tells && !named_[i] && !inside && is_of_whole(tokens_[i]);
    });
    return alone || asked || (!whole && is_list(run)) || tells_apart(count);
  }

  // "Keep cats and dogs; drop the rest".
  bool drops_rest_after(const Run& run) const {
    return any(run.last + 1, run.last + 1 + kLongestGap, [&](std::size_t i) { return is_dropped_rest(i); });
  }

  // "Sort them into cats and dogs", "narrow it down to the cats and the dogs".
  bool is_confined(const Run& run) const {
    auto at = run.first;
    while (at > 0 && is_determiner(tokens_[at - 1].word)) --at;
    if (at == 0) return false;
    // "The strays are cats, dogs and a horse".
    if (tokens_[at - 1].word == "are") return true;
    return tokens_[at - 1].word == "into" ||
           (tokens_[at - 1].word == "to" &&
            any(at - std::min(at, kLongestGap), at, [&](std::size_t i) { return is_confining(tokens_[i].word); }));
  }

  // "Boats, cars and planes", but not "the horse show car", nor what stands beside "horse or truck".
  bool is_list(const Run& run) const {
    // "Pullover coat shirt, the hard ones".
    const bool all = tokens_[run.first].begins && (run.last + 1 == tokens_.size() || tokens_[run.last + 1].begins);
    if (is_row(run)) return true;
    auto last = run.first;
    for (auto at = run.first + 1; at <= run.last; ++at) {
      if (!named_[at]) continue;
      const bool same = named_[at] == named_[last];  // "ankle boots"
      if (!same && !(all && at == last + 1) &&
          !any(last + 1, at + 1, [&](std::size_t i) { return tokens_[i].begins || is_joint(tokens_[i].word); }))
        return false;
      last = at;
    }
    return std::ranges::none_of(runs_,
                                [&](const Run& other) { return other.first != run.first && is_contrasted(other); });
  }

  // "Bird cat dog": own names with nothing between them.
  bool is_row(const Run& run) const {
    return run.last - run.first > 1 &&
           !any(run.first, run.last + 1, [&](std::size_t i) { return !named_[i] || !is_own_name(i); });
  }

  std::vector<Run> runs_;  // of classes, both ends of which name one
};

}  // namespace

std::optional<std::int64_t> class_named(const Token& token, const Subjects& subject, const Meanings& meanings) {
  if (subject.foreign.contains(token.term.text)) return std::nullopt;
  std::vector<double> fits;
  for (const auto& terms : subject.classes) {
    // One number is as close as the other, and a fiver is no five: only its own name will do.
    double best = token.number || subject.numbered ? 0 : meanings.closeness(token.term, terms);
    // The name itself leaves no doubt, whatever it is close to.
    if (std::ranges::any_of(terms, [&](const Term& term) { return term.text == token.term.text; })) best = 2;
    fits.push_back(best);
  }
  const auto best = std::ranges::max_element(fits);
  if (best != fits.end() && *best < 1 && !subject.numbered) {
    const Kinship kin = kinship(token.term, subject.genera, meanings.taxonomy());
    if (kin.kind_of && fits[static_cast<std::size_t>(*kin.kind_of)] >= kLikeKind) return kin.kind_of;
    if (kin.sibling) return std::nullopt;
  }
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
