#include "task.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "architecture_kinds.hpp"
#include "characters.hpp"
#include "class_list.hpp"
#include "vocabulary.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

// A verb is of a kind if it is so close to one of its words.
constexpr double kOfKind = 0.4;
// A noun is of what the pictures show if it is so close to one of its words.
constexpr double kOfSubject = 0.3, kNearSubject = 0.4;
// Words between a verb and its object, and between the parts of a question.
constexpr std::size_t kNear = 4, kLongObject = 7;

class TaskReader {
 public:
  TaskReader(const Sentence& sentence, const Subjects& subject, const Meanings& meanings, bool clear)
      : tokens_(sentence.tokens()), subject_(subject), meanings_(meanings), clear_(clear) {
    for (const auto& verb : verbs_of_telling()) telling_.push_back(meanings.term(verb));
    for (const auto& verb : verbs_of_other_tasks()) other_.push_back(meanings.term(verb));
    for (std::size_t i = 0; i < tokens_.size() && !says_telling_; ++i) says_telling_ = is_telling(i);
  }

  std::optional<std::string> read() const {
    for (std::size_t i = 0; i < tokens_.size(); ++i)
      for (const auto sign : {&TaskReader::other_order,      &TaskReader::other_making,    &TaskReader::other_turning,
                              &TaskReader::other_condition,  &TaskReader::other_amount,    &TaskReader::other_person,
                              &TaskReader::other_reason,     &TaskReader::other_place,     &TaskReader::other_extreme,
                              &TaskReader::other_advice,     &TaskReader::other_noun,      &TaskReader::other_attribute,
                              &TaskReader::other_comparison, &TaskReader::other_match,     &TaskReader::other_script,
                              &TaskReader::other_letters,    &TaskReader::other_source,    &TaskReader::other_side,
                              &TaskReader::other_sum,        &TaskReader::other_sequence,  &TaskReader::other_text,
                              &TaskReader::other_whole,      &TaskReader::other_state,     &TaskReader::other_rank,
                              &TaskReader::other_flaw,       &TaskReader::other_signs,     &TaskReader::other_numbers,
                              &TaskReader::other_feature,    &TaskReader::other_individual})
        if (auto found = (this->*sign)(i)) return found;
    for (std::size_t first = 0; first < tokens_.size(); first = end_of(first))
      for (const auto sign : {&TaskReader::other_choice, &TaskReader::other_writer, &TaskReader::forecast})
        if (auto found = (this->*sign)(first, end_of(first))) return found;
    return std::nullopt;
  }

 private:
  const std::string& word(std::size_t at) const {
    static const std::string none;
    return at < tokens_.size() ? tokens_[at].word : none;
  }

  bool inside(std::size_t at) const { return at < tokens_.size() && !tokens_[at].begins; }

  // Of the sentence that begins at `first`: where the next one does.
  std::size_t end_of(std::size_t first) const {
    auto end = first + 1;
    while (end < tokens_.size() && !tokens_[end].breaks) ++end;
    return end;
  }

  std::string phrase(std::size_t first, std::size_t last) const {
    std::string text;
    for (auto i = first; i <= std::min(last, tokens_.size() - 1); ++i)
      text += (i == first ? "" : " ") + tokens_[i].word;
    return text;
  }

  bool names_class(std::size_t at) const {
    return at < tokens_.size() && tokens_[at].tells && class_named(tokens_[at], subject_, meanings_).has_value();
  }

  bool names_class_itself(std::size_t at) const {
    return std::ranges::any_of(subject_.classes, [&](const std::vector<Term>& terms) {
      return std::ranges::find(terms, tokens_[at].term.text, &Term::text) != terms.end();
    });
  }

  double closeness_to_subject(const Term& term) const {
    double closest =
        std::max(meanings_.closeness(term, subject_.keywords), meanings_.closeness(term, subject_.description));
    for (const auto& terms : subject_.classes) closest = std::max(closest, meanings_.closeness(term, terms));
    return closest;
  }

  bool is_of_subject(std::size_t at, double least = kOfSubject) const {
    const Token& token = tokens_[at];
    if (token.number) return true;
    return token.tells && closeness_to_subject(token.term) >= least;
  }

  // Whether a word may say what a picture shows; of numbers, only what is one.
  bool is_answer(std::size_t at) const { return is_of_subject(at, subject_.numbered ? kNamesSubject : kOfSubject); }

  // What the pictures show, or the pictures themselves.
  bool is_object(std::size_t at) const { return is_of_subject(at, kNamesSubject) || is_picture(word(at)); }

  bool is_telling(std::size_t at) const {
    return is_question_for_kind(word(at)) || meanings_.closeness(meanings_.term(meanings_.lemma(word(at))), telling_) >=
                                                 (is_of_subject(at, kNamesSubject) ? 1 : kOfKind);
  }

  // The base form that is one of the verbs that are known here, else that of the vectors.
  Term verb(std::size_t at) const {
    for (const auto& form : base_forms(word(at), {}))
      for (const auto* verbs : {&telling_, &other_})
        if (const auto found = std::ranges::find(*verbs, form, &Term::text); found != verbs->end()) return *found;
    return meanings_.term(meanings_.lemma(word(at)));
  }

  // Whether a word is where an order has its verb: it begins a sentence or follows what asks for something.
  bool begins_order(std::size_t at) const {
    auto before = at;
    while (before > 0 && !tokens_[before].begins && is_politeness(word(before - 1))) --before;
    return tokens_[before].begins;
  }

  // "Could you", "to", "a net that".
  bool continues_order(std::size_t at) const { return at > 0 && !tokens_[at].begins && is_before_verb(word(at - 1)); }

  // The object of the verb at a place: "clean up the smudges on scans of digits", but not "write a net for digits".
  std::optional<std::size_t> object(std::size_t at, bool determined) const {
    auto i = at + 1;
    if (is_particle(word(i))) ++i;
    if (!inside(i) || word(i) == "of" || is_place_before(word(i)) || (determined && !is_determiner(word(i))))
      return std::nullopt;
    for (const auto end = i + kLongObject; inside(i) && i <= end; ++i) {
      // "A digit model" is none.
      if (is_object(i) && !(inside(i + 1) && is_maker(word(i + 1)))) return i;
      if (is_clause_word(word(i)) || is_maker(word(i)) || is_kind_of_network(word(i))) break;
    }
    return std::nullopt;
  }

  // "Add the two digits", "remove the background of my cat photos".
  std::optional<std::string> other_order(std::size_t at) const {
    const bool first = begins_order(at);
    if ((!first && !continues_order(at)) || tokens_[at].number) return std::nullopt;
    // "Score sheets from our league are written by hand".
    if (first && states(at)) return std::nullopt;
    // "Selling off my wardrobe", "pull out the trousers".
    if ((first && word(at).ends_with("ing")) || (is_parting(word(at)) && parts_clause(at))) return std::nullopt;
    if (word(at) != verb(at).text && (first || word(at - 1) == "to" || word(at - 1) == "you")) return std::nullopt;
    if (is_dropping(word(at), word(at + 1)) || word(at) == "keep" || word(at) == "keeping") return std::nullopt;
    const bool own = is_enlarging(word(at)) || std::ranges::find(other_, verb(at).text, &Term::text) != other_.end();
    if (!own && (is_telling(at) || is_function_word(word(at)))) return std::nullopt;
    const bool other = own || meanings_.closeness(verb(at), other_) >= kOfKind;
    if (other ? (!first && says_telling_) || (clear_ && !own)
              : !first || says_telling_ || clear_ || !is_unknown_order(at))
      return std::nullopt;
    const auto what = object(at, !own || !first);
    return what ? std::optional(phrase(at, *what)) : std::nullopt;
  }

  // Whether the clause of a word says that something is, so that it begins with no order.
  bool states(std::size_t at) const {
    auto i = at + 2;
    while (inside(i) && !is_clause_word(word(i))) ++i;
    return inside(i) && (word(i) == "are" || word(i) == "is");
  }

  // "Pull out the trousers", "fish the coats out of the pile".
  bool parts_clause(std::size_t at) const {
    if (is_particle(word(at + 1))) return is_parting(word(at));
    for (auto i = at + 1; inside(i); ++i)
      if ((word(i) == "out" && word(i + 1) == "of") || word(i) == "apart") return true;
    return false;
  }

  // "Digitise the figures", but not "wearables in a shop".
  bool is_unknown_order(std::size_t at) const {
    // "Preferably the digits", "lump the others together".
    if (is_generic_word(meanings_.lemma(word(at))) || is_generic_word(tokens_[at].term.text) ||
        is_restriction(word(at)) || is_confining(word(at)) || is_negation(word(at)) ||
        is_exclusion(word(at), word(at + 1)) || is_lumping(word(at)) || is_holding(word(at), word(at + 1)) ||
        word(at).ends_with("ly"))
      return false;
    if (parts_clause(at)) return false;
    // No noun has an article right behind it.
    if (is_determiner(word(at + 1))) return true;
    return !is_of_subject(at) && !is_place_before(word(at + 1));
  }

  // "An app that animates digits", "make a cartoon of my cat".
  std::optional<std::string> other_making(std::size_t at) const {
    const bool relative = (word(at) == "that" || word(at) == "which") && at > 0 && is_maker(word(at - 1));
    if (relative && inside(at + 1) && !says_telling_ && word(at + 1).ends_with('s') && tokens_[at + 1].tells &&
        !is_of_subject(at + 1))
      if (const auto what = object(at + 1, false)) return phrase(at + 1, *what);
    const bool made = is_making(word(at)) && begins_order(at) && (word(at + 1) == "a" || word(at + 1) == "an");
    if (made && inside(at + 2) && tokens_[at + 2].tells && !is_of_subject(at + 2) && word(at + 3) == "of" &&
        any(at + 4, at + 4 + kNear, [&](std::size_t i) { return is_object(i); }))
      return phrase(at, at + 2);
    return std::nullopt;
  }

  // "Turn my sketch of a dress into a pattern"; but digits may be turned into text.
  std::optional<std::string> other_turning(std::size_t at) const {
    if (!is_turning(word(at)) || (!begins_order(at) && !continues_order(at))) return std::nullopt;
    const auto what = object(at, false);
    if (!what) return std::nullopt;
    for (auto i = *what; inside(i); ++i)
      if (word(i) == "into" && (changes_class(at, i) || any(i + 1, i + 3, [&](std::size_t k) {
                                  return word(k) == "resolution" || (!subject_.numbered && tokens_[k].tells &&
                                                                     !is_of_subject(k) && !names_class(k + 1));
                                })))
        return phrase(at, *what) + " into";
    return std::nullopt;
  }

  // "A photo of a cat into one of a dog".
  bool changes_class(std::size_t verb, std::size_t into) const {
    const auto class_in = [&](std::size_t begin, std::size_t end) {
      std::optional<std::int64_t> found;
      for (auto i = begin; i < end && !found; ++i)
        if (tokens_[i].tells && names_class_itself(i)) found = class_named(tokens_[i], subject_, meanings_);
      return found;
    };
    const auto before = class_in(verb, into), after = class_in(into, std::min(end_of(verb), into + 2 + kNear));
    return before && after && *before != *after;
  }

  // "Whether the number is prime".
  std::optional<std::string> other_condition(std::size_t at) const {
    if ((word(at) != "whether" && word(at) != "if") || !is_closed(at + 1)) return std::nullopt;
    auto is = at + 2;
    while (inside(is) && is <= at + 2 + kNear && !is_being(word(is))) ++is;
    if (!inside(is) || !is_being(word(is)) ||
        !any(at + 2, is, [&](std::size_t i) { return is_object(i) || is_person(word(i)); }))
      return std::nullopt;
    auto end = is + 1;
    while (inside(end)) ++end;
    if (any(is, end, [&](std::size_t i) { return tokens_[i].tells && is_answer(i); }) ||
        !any(is, end, [&](std::size_t i) { return tokens_[i].tells; }))
      return std::nullopt;
    return phrase(at, end - 1);
  }

  // "Whose", "who wrote it", but not "volunteers, who are busy".
  std::optional<std::string> other_person(std::size_t at) const {
    const auto& next = word(at + 1);
    // "Who drinks from my pond? It is a frog or a cat".
    auto end = at + 1;
    while (inside(end)) ++end;
    const bool answered = clear_ && !is_wrote(next) && !any(at, end, [&](std::size_t i) { return names_class(i); });
    const bool who = word(at) == "who" && !answered && !is_before_verb(next) && next != "do" &&
                     (tokens_[at].breaks || !(is_being(next) || is_asking(next) || is_showing(next)));
    // "Which clerk wrote it".
    if ((word(at) == "which" || word(at) == "what") && inside(at + 1) && is_wrote(word(at + 2)))
      return phrase(at, at + 2);
    const bool whose = word(at) == "whose" && !is_relative(at);
    if (is_trace_of(at)) return phrase(at, at + 2);
    return tokens_[at].begins && (who || whose) ? std::optional(phrase(at, at + 1)) : std::nullopt;
  }

  // "A network, whose job is to", "my nan, whose digits nobody can read"; but not "the digits, whose are they".
  bool is_relative(std::size_t at) const {
    if (is_purpose(word(at + 1)) && is_being(word(at + 2))) return true;
    if (tokens_[at].breaks || is_being(word(at + 1)) || is_politeness(word(at - 1))) return false;
    for (auto i = at + 2; inside(i); ++i)
      if (is_being(word(i)))
        return inside(i + 1) && word(i + 1) != "it" && word(i + 1) != "they" && !(is_closed(i + 1) && !inside(i + 2));
    return true;
  }

  // "What beast left these tracks": what is seen is not what is asked for.
  bool is_trace_of(std::size_t at) const {
    const auto verb = at + 2;
    return (word(at) == "what" || word(at) == "which") && inside(verb + 1) && is_leaving(word(verb)) &&
           (word(verb + 1) == "these" || word(verb + 1) == "this" || word(verb + 1) == "those" ||
            word(verb + 1) == "that") &&
           !is_object(verb + 2);
  }

  // "Why is", "when does".
  std::optional<std::string> other_reason(std::size_t at) const {
    const auto& next = word(at + 1);
    const bool asks = tokens_[at].begins && (word(at) == "when" || word(at) == "why");
    return asks && (is_being(next) || is_asking(next)) ? std::optional(phrase(at, at + 1)) : std::nullopt;
  }

  // "Where is".
  std::optional<std::string> other_place(std::size_t at) const {
    if (word(at) != "where" || (!tokens_[at].begins && !says_mark(at)) ||
        !any(at + 1, at + 3, [&](std::size_t i) { return is_being(word(i)); }))
      return std::nullopt;
    // "Where 'other' is all the rest".
    if (!tokens_[at].breaks && !says_mark(at) && !is_being(word(at + 1))) return std::nullopt;
    return phrase(at, at + 1);
  }

  // "Handwritten plus and minus signs", where no numbers are spoken of.
  std::optional<std::string> other_signs(std::size_t at) const {
    const Token& token = tokens_[at];
    if (!subject_.numbered || !is_sign(token.term.text) || token.left_out || token.place) return std::nullopt;
    const auto of_set = [&](std::size_t i) {
      const bool own =
          std::ranges::find(subject_.names, tokens_[i].term.text) != subject_.names.end() ||
          std::ranges::find(subject_.keywords, tokens_[i].term.text, &Term::text) != subject_.keywords.end();
      return tokens_[i].number || (own && tokens_[i].tells && !is_scribing(tokens_[i].term.text));
    };
    return any(0, tokens_.size(), of_set) ? std::nullopt : std::optional(token.word);
  }

  // "Which is the largest".
  std::optional<std::string> other_extreme(std::size_t at) const {
    const bool extreme = is_being(word(at)) && word(at + 1) == "the" && word(at + 2).ends_with("est");
    return extreme && is_asked(at) ? std::optional(phrase(at, at + 2)) : std::nullopt;
  }

  // "Which is faster, a plane or a ship", "is a ship slower than a truck", of the world and not of a picture.
  std::optional<std::string> other_rank(std::size_t at) const {
    const bool came = word(at) == "first" && at > 0 && (word(at - 1) == "came" || word(at - 1) == "comes");
    if ((!is_comparative(word(at)) && !came) || at == 0 || word(at - 1) == "any" || is_quality(word(at + 1)) ||
        word(at + 1) == "likely" || word(at + 1) == "like")
      return std::nullopt;
    const auto first = start_of(at);
    if (any(first, end_of(at), [&](std::size_t i) { return is_maker(word(i)); })) return std::nullopt;
    const bool than = (is_being(word(first)) || is_asking(word(first))) &&
                      any(at + 1, at + 1 + kNear, [&](std::size_t i) { return word(i) == "than"; }) &&
                      any(first, at, [&](std::size_t i) { return names_class(i); });
    for (auto i = at - std::min(at, kNear); i < at; ++i) {
      const bool asks = word(i) == "which" || word(i) == "what" || word(i) == "who";
      const bool verb = is_being(word(at - 1)) || came ||
                        (word(at - 1) == "the" && at > i + 1 && is_being(word(at - 2))) ||
                        ((word(at) == "more" || word(at) == "less") && at > i + 1 && !names_class(at - 1)) ||
                        word(at - 1) == "what" || is_ranking(word(at - 1));
      if (asks && verb && word(at - 2) != "it" &&
          !any(i, at, [&](std::size_t k) { return k > i && tokens_[k].begins; }))
        return phrase(i, at);
    }
    // "Is it quicker by ship".
    const bool it = at == first + 2 && is_being(word(first)) && word(first + 1) == "it" && word(at + 1) == "by";
    return than || it ? std::optional(phrase(at - 1, at)) : std::nullopt;
  }

  // "Which are worn out and which are nearly new", "is the shirt ironed", "wet boots or dry boots"; but not "torn or
  // clean, what kind is it", nor "which is which as my glasses are dirty".
  std::optional<std::string> other_state(std::size_t at) const {
    const auto first = start_of(at), end = end_of(at);
    const bool asked = is_being(word(first)) || is_asking(word(first)) || word(first) == "has" || word(first) == "have";
    const auto condition = [&](std::size_t i) { return word(i) == "whether" || word(i) == "if"; };
    if ((word(at) == "upside" && word(at + 1) == "down") || (word(at) == "way" && word(at + 1) == "up"))
      return asked || any(first, at, condition) || is_asked(at) ? std::optional(phrase(at, at + 1)) : std::nullopt;
    if (!is_flawed(word(at)) && !is_sound(word(at))) return std::nullopt;
    // "Which of the boots are".
    for (auto being = std::max(first, at - std::min<std::size_t>(at, 3)); being < at; ++being)
      if ((is_being(word(being)) || word(being) == "been") &&
          any(being - std::min(being, kNear), being,
              [&](std::size_t i) {
                return (word(i) == "which" || condition(i)) && !any(i + 1, being, [&](std::size_t k) {
                         return (is_clause_word(word(k)) || tokens_[k].begins) && word(k) != "of";
                       });
              }) &&
          !any(being + 1, at, [&](std::size_t i) { return is_clause_word(word(i)) && word(i) != "as"; }))
        return phrase(being, at);
    // "Is the sole worn through?"
    if (is_being(word(first)) && is_closed(first + 1) && !(inside(at + 1) && tokens_[at + 1].tells))
      return phrase(first, at);
    if (any(first, end, [&](std::size_t i) { return is_which(word(i)) && word(i) != "sort"; })) return std::nullopt;
    // "Any tools, rusty or shiny".
    if (tokens_[at].begins && !tokens_[at].breaks) return std::nullopt;
    const bool flawed = is_flawed(word(at));
    for (auto i = at + 1; i < std::min(at + 1 + kNear, tokens_.size()) && !tokens_[i].breaks; ++i)
      if ((flawed ? is_sound(word(i)) : is_flawed(word(i))) &&
          any(at + 1, i, [&](std::size_t k) { return is_contrast(word(k)) || is_joint(word(k)); }))
        return phrase(at, i);
    return std::nullopt;
  }

  // "Flag dresses with missing buttons", "which cars have dents", "if a shirt has a hole in it".
  std::optional<std::string> other_flaw(std::size_t at) const {
    if (!is_flaw(word(at))) return std::nullopt;
    const bool has = any(at - std::min<std::size_t>(at, 3), at, [&](std::size_t i) {
      return word(i) == "has" || word(i) == "have" || word(i) == "got" || word(i) == "with" || word(i) == "any";
    });
    const auto& opening = word(start_of(at));
    const bool asked = is_being(opening) || is_asking(opening) || any(start_of(at), at, [&](std::size_t i) {
                         return word(i) == "which" || word(i) == "whether" || word(i) == "if" || word(i) == "flag" ||
                                word(i) == "spot" || word(i) == "find" || word(i) == "detect";
                       });
    return has && asked ? std::optional(phrase(at - 1, at)) : std::nullopt;
  }

  // "What should I", "make my dog look like".
  std::optional<std::string> other_advice(std::size_t at) const {
    const auto &next = word(at + 1), &who = word(at + 2);
    if (word(at) == "what" && (next == "should" || next == "shall") && (who == "i" || who == "we"))
      return phrase(at, at + 3);
    // "Should I buy".
    if (tokens_[at].breaks && word(at) == "should" && (next == "i" || next == "we")) return phrase(at, at + 2);
    if (word(at) == "make" && object(at, true) &&
        any(at + 2, at + 2 + kNear, [&](std::size_t i) { return word(i) == "look" && word(i + 1) == "like"; }))
      return "look like";
    // "Make the photos sharper".
    if (word(at) == "make" && object(at, false))
      for (auto i = at + 2; inside(i); ++i)
        if (is_changed(word(i))) return phrase(at, i);
    return std::nullopt;
  }

  // "What colour", "which designer", "what is the average of the scores"; but not "what hit the fence", nor "which rail
  // does it go on".
  std::optional<std::string> other_noun(std::size_t at) const {
    const auto &asked = word(at), &next = word(at + 1);
    if (asked == "what" && is_being(next) && word(at + 2) == "the" && word(at + 4) == "of" && tokens_[at + 3].tells &&
        !is_answer(at + 3))
      return phrase(at + 2, at + 4);
    if ((asked != "what" && asked != "which") || !inside(at + 1) || !inside(at + 2)) return std::nullopt;
    // "That's what harbour life is about".
    if (inside(at) && at > 0 && word(at - 1) == "that") return std::nullopt;
    if (asked == "which" && at > 0 && !tokens_[at].begins && is_noun_before(at - 1)) return std::nullopt;
    if (next == "make" && word(at + 2) == "of") return phrase(at, at + 2);
    // "Picture cards: a dog or a frog. Which card is it".
    if (asked == "which" && any(0, at, [&](std::size_t i) { return word(i) == next || word(i) == next + 's'; }))
      return std::nullopt;
    if (is_partitive(next) && word(at + 2) == "of") return std::nullopt;
    if (is_property(next) || is_other_kind(tokens_[at + 1].term)) return phrase(at, at + 1);
    // "The number what child is writing".
    if (asked == "what" && inside(at) && at > 0 && is_of_subject(at - 1, kNamesSubject)) return std::nullopt;
    const bool verb = word(at + 2) == "the" || word(at + 2) == "my" || word(at + 2) == "our";
    const bool putting = any(at + 2, end_of(at), [&](std::size_t i) { return is_putting(word(i)); });
    // "Which odd digit", "which black garment".
    const bool adjective =
        inside(at + 2) && tokens_[at + 2].tells &&
        std::ranges::find(subject_.keywords, tokens_[at + 2].term.text, &Term::text) != subject_.keywords.end();
    return verb || putting || adjective || !is_strange_noun(at + 1) ? std::nullopt : std::optional(phrase(at, at + 1));
  }

  // Neither of the data set nor of pictures.
  bool is_strange_noun(std::size_t at) const {
    const auto& noun = word(at);
    return tokens_[at].tells && !is_function_word(noun) && !is_generic_word(tokens_[at].term.text) &&
           !is_contrast(noun) && !noun.ends_with('s') && !noun.ends_with("ing") && word(at + 2) != "which" &&
           !is_of_subject(at, kNearSubject);
  }

  // "Breed of horse", "tell me the price of this bag", "nationality of the writer".
  std::optional<std::string> other_attribute(std::size_t at) const {
    // "The horse breed".
    if (word(at).starts_with("breed") && at > 0 && names_class(at - 1)) return phrase(at - 1, at);
    const bool named = tokens_[at].begins || word(at - 1) == "the" || is_question_for_kind(word(at - 1)) ||
                       (at > 1 && word(at - 2) == "the" && !is_of_subject(at - 1));
    if (!named || !is_attribute(word(at)) || word(at + 1) != "of") return std::nullopt;
    const bool of_subject =
        any(at + 2, at + 2 + kNear, [&](std::size_t i) { return is_object(i) || is_person(word(i)); });
    return of_subject ? std::optional(phrase(at, at + 2)) : std::nullopt;
  }

  // "Size of the shoe", "shoe size from a photo", "tell me the coat's fabric"; but not "the size of the pictures".
  std::optional<std::string> other_feature(std::size_t at) const {
    if (!is_feature(word(at))) return std::nullopt;
    const auto thing = [&](std::size_t i) {
      return tokens_[i].tells && !is_picture(word(i)) &&
             std::ranges::find(subject_.names, tokens_[i].term.text) == subject_.names.end() &&
             is_of_subject(i, kNamesSubject);
    };
    const bool ends = !inside(at + 1) || is_place_before(word(at + 1)) || word(at + 1) == "from" ||
                      word(at + 1) == "by" || word(at + 1) == "please";
    const bool of = inside(at + 2) && word(at + 1) == "of" && any(at + 2, at + 4, thing);
    auto head = at;
    if (!tokens_[at].begins && !is_determiner(word(at - 1))) --head;  // "collar size of a shirt"
    const bool compound = head < at && ends && thing(head);
    return (of || compound) && is_all_asked(head) ? std::optional(phrase(head, at)) : std::nullopt;
  }

  // Whether what begins at a place is what the sentence asks for.
  bool is_all_asked(std::size_t at) const {
    return !any(start_of(at), at, [&](std::size_t i) {
      return !is_determiner(word(i)) && !is_telling(i) && !is_telling_result(word(i)) && !is_being(word(i)) &&
             !is_politeness(word(i)) && !is_asking(word(i));
    });
  }

  // "Is that my cat Minka or the neighbour's cat", "our horse or theirs": which one of a kind.
  std::optional<std::string> other_individual(std::size_t at) const {
    if (!is_contrast(word(at)) || at == 0 || is_negation(word(at + 1))) return std::nullopt;
    const auto first = start_of(at), end = end_of(at);
    const auto is_class = [&](std::size_t i) { return tokens_[i].tells && names_class_itself(i); };
    std::optional<std::size_t> before, after;
    for (auto i = first; i < end; ++i) {
      if (!is_class(i)) continue;
      auto& side = i < at ? before : after;
      if ((before && !same_term(*before, i)) || (after && !same_term(*after, i))) return std::nullopt;
      side = i;
    }
    const bool owned = any(first, end, [&](std::size_t i) { return is_possessive(word(i)); });
    const bool owner = any(at - 1, at + 2, [&](std::size_t i) { return is_possession(word(i)); });
    const bool which = before && after ? owned || owner : (before || after) && owner;
    return which ? std::optional(phrase(at - 1, at + 1)) : std::nullopt;
  }

  bool same_term(std::size_t one, std::size_t other) const {
    return tokens_[one].term.text == tokens_[other].term.text;
  }

  // "Breed".
  static bool is_other_kind(const Term& term) {
    return std::ranges::any_of(other_subjects(), [&](const Subject& subject) {
      return std::ranges::find(subject.terms, term.text) != subject.terms.end();
    });
  }

  // "Which" after what it goes on about: "the digit which clerks wrote".
  bool is_noun_before(std::size_t at) const { return tokens_[at].tells || is_picture(word(at)) || word(at) == "in"; }

  // Of the sentence around a place: where it begins.
  std::size_t start_of(std::size_t at) const {
    while (at > 0 && !tokens_[at].breaks) --at;
    return at;
  }

  // Whether "which" or "what" stands before in the sentence.
  bool is_asked(std::size_t at) const {
    return any(start_of(at), at, [&](std::size_t k) { return word(k) == "which" || word(k) == "what"; });
  }

  bool says_mark(std::size_t at) const {
    return any(at > kNear ? at - kNear : 0, at, [&](std::size_t i) {
      return word(i) == "mark" || word(i) == "show" || word(i) == "find" || word(i) == "say";
    });
  }

  // "How fast", "how many", but not "how well a network does", nor "how many layers".
  std::optional<std::string> other_amount(std::size_t at) const {
    if (word(at) != "how" || !inside(at + 1)) return std::nullopt;
    const auto& next = word(at + 1);
    const bool many = next == "many" || next == "much";
    if (at > 0 && many && is_noting(word(at - 1))) return std::nullopt;
    if (at > 0 && (word(at - 1).starts_with("matter") || word(at - 1) == "care" || word(at - 1) == "mind"))
      return std::nullopt;
    if (!many && !is_extent(next) &&
        (is_function_word(next) || is_generic_word(meanings_.lemma(next)) || is_quality(next)))
      return std::nullopt;
    if (any(at + 1, at + 1 + kNear, [&](std::size_t i) { return is_network_part(word(i)); })) return std::nullopt;
    return phrase(at, at + 1);
  }

  // "The same cat as", "similar shoes to", "did the same person write both".
  std::optional<std::string> other_comparison(std::size_t at) const {
    const auto follows = [&](std::string_view wanted) {
      return any(at + 1, at + 1 + kNear, [&](std::size_t i) { return !tokens_[i].begins && word(i) == wanted; });
    };
    if (word(at) == "made" && word(at + 1) == "of" && is_asked(at)) return "made of";
    if (word(at) == "same" && at > 1 && word(at - 2) == "by") return "by the same";
    if (word(at) == "same" && (follows("as") || is_person(word(at + 1)) || is_penmanship(word(at + 1))))
      return phrase(at, at + 1);
    if (word(at) == "similar" && follows("to")) return "similar to";
    return std::nullopt;
  }

  // "Which bag goes with this dress", "does the shirt match the trousers", "would it suit me".
  std::optional<std::string> other_match(std::size_t at) const {
    if (!is_matching(word(at))) return std::nullopt;
    const auto first = start_of(at);
    // "Get a network going that sorts digits".
    if (word(at) == "going" && any(first, at, [&](std::size_t i) { return word(i) == "get"; })) return std::nullopt;
    if (at > 0 && word(at - 1) == "to" && word(at + 1) == "with") return phrase(at - 1, at + 1);
    if (!is_asked(at) && !is_asking(word(first)) && !is_being(word(first))) return std::nullopt;
    const bool with = any(at + 1, at + 1 + kNear, [&](std::size_t i) { return inside(i) && word(i) == "with"; });
    const bool alone = !is_putting(word(at)) && !is_showing(word(at)) && word(at) != "wear" &&
                       is_determiner(word(at + 1)) && !is_maker(word(at + 2));
    return with || alone ? std::optional(phrase(at, at + 1)) : std::nullopt;
  }

  // "Bengali numerals", "digits in Thai", "in Devanagari script".
  std::optional<std::string> other_script(std::size_t at) const {
    const bool arabic = word(at) == "arabic" && (word(at + 1) == "script" || (at > 0 && word(at - 1) == "eastern"));
    if (!subject_.numbered || (!is_script(word(at)) && !arabic) || closeness_to_subject(tokens_[at].term) == 1)
      return std::nullopt;
    if (any(at + 1, at + 3, [&](std::size_t i) { return inside(i) && is_of_script(word(i)); }))
      return phrase(at, at + 1);
    const bool ends = !inside(at + 1) || is_function_word(word(at + 1));
    const bool in = at > 1 && word(at - 1) == "in" && ends &&
                    any(at - std::min(at, kNear), at, [&](std::size_t i) { return is_of_subject(i); });
    return in ? std::optional(phrase(at - 1, at)) : std::nullopt;
  }

  // "A's from o's", "a, e and o", "3 versus the letter B"; but not "B and B".
  std::optional<std::string> other_letters(std::size_t at) const {
    if (sets_letter_against_number(at)) return phrase(at - 1, at + 1);
    const auto is_letter_at = [&](std::size_t i) { return word(i).size() == 1 && !tokens_[i].number; };
    const bool letters = subject_.numbered && inside(at + 1) && is_letter_at(at) && inside(at + 2) &&
                         is_letter_at(at + 2) && !is_function_word(word(at + 2));
    const bool listed = tokens_[at].begins && at > 0 && is_letter_at(at - 1);
    if (!letters || (!is_contrast(word(at + 1)) && !(listed && is_joint(word(at + 1))))) return std::nullopt;
    return phrase(at, at + 2);
  }

  bool says_letter(std::size_t at) const {
    return any(at + 1, at + 3, [&](std::size_t i) { return word(i) == "letter"; });
  }

  bool sets_letter_against_number(std::size_t at) const {
    const bool joined = word(at) == "or" || is_versus(word(at)) || (is_joint(word(at)) && says_letter(at));
    if (!subject_.numbered || at == 0 || !inside(at + 1) || !joined) return false;
    auto after = is_determiner(word(at + 1)) && inside(at + 2) ? at + 2 : at + 1;
    // "Or handwritten letter Q".
    if (is_scribing(word(after)) && inside(after + 1)) ++after;
    const auto is_letter_at = [&](std::size_t i) {
      const bool said = i > 0 && !tokens_[i].begins && word(i - 1) == "letter";
      return word(i).size() == 1 && is_letter(word(i)[0]) && (said || !is_function_word(word(i)));
    };
    const bool letter = word(after) == "letter" ? is_letter_at(after + 1) : is_letter_at(after) && !inside(after + 1);
    return (letter && tokens_[at - 1].number) || (is_letter_at(at - 1) && tokens_[after].number);
  }

  // "The score of the test match"; "by the sound", "noise clips".
  std::optional<std::string> other_source(std::size_t at) const {
    const bool sheets = inside(at + 1) && tokens_[at + 1].tells && !is_game(word(at + 1));
    if (word(at) == "score" && !sheets && any(at + 1, at + 2 + kNear, [&](std::size_t i) { return is_game(word(i)); }))
      return phrase(at, at + 1);
    const bool by = any(at - std::min<std::size_t>(at, 2), at, [&](std::size_t i) { return word(i) == "by"; });
    const bool from = at > 0 && !(inside(at + 1) && tokens_[at + 1].tells) &&
                      any(at - std::min<std::size_t>(at, 3), at, [&](std::size_t i) { return word(i) == "from"; });
    const bool heard = is_recording(word(at)) && (by || from || word(at + 1) == "of" || is_clip(word(at + 1)));
    const bool denied = at > 0 && is_negation(word(at - 1));
    if (denied || !(heard || is_instrument(word(at)) || is_signal(word(at), word(at + 1)) || is_spoken(at)))
      return std::nullopt;
    return phrase(at, at + 1);
  }

  // "Someone speaks a digit", "spoken digits", "over the phone"; but not "a gadget that speaks the digit".
  bool is_spoken(std::size_t at) const {
    if (word(at) == "over" && word(at + 1) == "the" && word(at + 2).ends_with("phone")) return true;
    // "I say it out loud".
    if (word(at) == "aloud" || word(at) == "loud")
      return any(start_of(at), at, [&](std::size_t i) {
        return i > 0 && is_speaker(word(i - 1)) && (word(i).starts_with("say") || word(i).starts_with("read"));
      });
    if (word(at) == "spoken")
      return any(at - std::min<std::size_t>(at, 2), at + 3, [&](std::size_t i) { return is_object(i); });
    if (!is_speaking(word(at)) || !(tokens_[at].begins || is_speaker(word(at - 1)))) return false;
    for (auto i = at + 1; inside(i) && i < at + kNear; ++i)
      if (is_object(i) && (!tokens_[i].number || !inside(i + 1))) return true;
    return false;
  }

  // "Output their sum", "multiply them": of more numbers than a picture shows.
  std::optional<std::string> other_sum(std::size_t at) const {
    if (!subject_.numbered || at == 0) return std::nullopt;
    const auto &before = word(at - 1), &next = word(at + 1);
    const bool result =
        is_reckoned(word(at)) && (before == "their" || (before == "the" && at > 1 && is_telling_result(word(at - 2))));
    const bool order = is_reckoning(word(at)) && (next == "them" || next == "both" || next == "together" ||
                                                  (next == "the" && number_or_ordinal(at + 2)));
    return result || order ? std::optional(phrase(at - 1, at + 1)) : std::nullopt;
  }

  bool number_or_ordinal(std::size_t at) const {
    return word(at) == "first" || word(at) == "second" || number_of(word(at)).has_value();
  }

  // "Left shoe or right shoe": of one kind, but not "dog or no dog", nor "cat pictures or dog pictures".
  std::optional<std::string> other_side(std::size_t at) const {
    if (word(at) != "or" || at < 2 || !tokens_[at - 1].tells || !is_of_subject(at - 1)) return std::nullopt;
    const auto first = is_determiner(word(at + 1)) ? at + 2 : at + 1;
    const bool same = inside(first) && inside(first + 1) && tokens_[first + 1].tells &&
                      tokens_[first + 1].term.text == tokens_[at - 1].term.text;
    const bool said = same && !is_negation(word(first)) && !is_determiner(word(at - 2)) && !names_class(first);
    return said ? std::optional(phrase(at - 2, first + 1)) : std::nullopt;
  }

  // "Numbers from 10 to 99", "two-digit numbers", "the amount, e.g. 1,245.60": of several digits.
  std::optional<std::string> other_numbers(std::size_t at) const {
    if (!subject_.numbered) return std::nullopt;
    // "Is 91 a prime number".
    if (tokens_[at].breaks && is_being(word(at)) && inside(at + 1) && is_beyond_digit(word(at + 1)))
      return phrase(at, at + 2);
    const auto beyond = [&](std::size_t i) {
      return i < tokens_.size() && tokens_[i].number && is_beyond_digit(word(i));
    };
    if (at > 1 && beyond(at) && (is_range(word(at - 1)) || word(at - 1) == "and")) {
      const bool range = tokens_[at - 2].number || (is_range(word(at - 1)) && word(at - 2) == "up");
      const auto first = at - std::min<std::size_t>(at, 3 + kNear);
      if (range &&
          any(first, std::min(at + 2, tokens_.size()), [&](std::size_t i) { return is_numeral(tokens_[i].term.text); }))
        return phrase(at - 2, at);
    }
    if (beyond(at) && word(at).ends_with('s')) return word(at);  // "elevens"
    const bool several = at > 0 && is_several(word(at - 1)) && (word(at) == "digit" || word(at) == "figure");
    if (several && inside(at + 1) && !is_generic_word(tokens_[at + 1].term.text) && !is_maker(word(at + 1)) &&
        !is_question_for_kind(word(at + 1)) && !is_function_word(word(at + 1)))
      return phrase(at - 1, at + 1);
    const bool example = at > 0 && (word(at - 1) == "eg" || word(at - 1) == "like" || word(at - 1) == "as");
    return example && (is_sum_of_money(word(at)) || beyond(at)) ? std::optional(word(at)) : std::nullopt;
  }

  // "In ascending order".
  std::optional<std::string> other_sequence(std::size_t at) const {
    return is_sequence(word(at)) && word(at + 1) == "order" ? std::optional(phrase(at, at + 1)) : std::nullopt;
  }

  // "Handwritten words", where nothing else is said to be read.
  std::optional<std::string> other_text(std::size_t at) const {
    if (!subject_.numbered || !word(at).ends_with("written") || !inside(at + 1) ||
        !is_text(meanings_.lemma(word(at + 1))))
      return std::nullopt;
    const bool numbers = any(0, tokens_.size(), [&](std::size_t i) {
      return i != at && i != at + 1 && !tokens_[i].place &&
             (tokens_[i].number || (tokens_[i].tells && is_of_subject(i, kNamesSubject)));
    });
    return numbers ? std::nullopt : std::optional(phrase(at, at + 1));
  }

  // "The whole page": more than one thing a picture; "every pixel": less than one.
  std::optional<std::string> other_whole(std::size_t at) const {
    if ((word(at) == "every" || word(at) == "each") && word(at + 1) == "pixel") return phrase(at, at + 1);
    if (!is_whole(word(at))) return std::nullopt;
    if (at > 0 && (is_negation(word(at - 1)) || word(at - 1) == "never")) return std::nullopt;
    for (auto i = at + 1; i <= at + 2 && inside(i); ++i)
      if (is_writing(meanings_.lemma(word(i))) || word(i) == "words" || word(i).starts_with("amount"))
        return phrase(at, i);
    return std::nullopt;
  }

  // "Is the cat asleep or awake?", "pencil or ink": answers that are no kinds of things.
  std::optional<std::string> other_choice(std::size_t first, std::size_t end) const {
    if (!is_closed_question(first)) return std::nullopt;
    std::vector<std::size_t> classes, rest;
    for (auto i = first; i < end; ++i) {
      // What is said of a class is none, however near to one: "are the boots waterproof".
      if (classes.empty() ? names_class(i) : tokens_[i].tells && names_class_itself(i))
        classes.push_back(i);
      else if (tokens_[i].tells && (!is_answer(i) || !classes.empty()))
        rest.push_back(i);
    }
    const bool told = any(first, end, [&](std::size_t i) { return is_telling(i) || is_showing(word(i)); });
    if (told || rest.empty() || rest.back() <= first + 1) return std::nullopt;
    const bool asked = classes.size() == 1 && rest.back() > classes.back() &&
                       (is_determined(classes.front(), first) || is_picture(word(first + 2)));
    if (!classes.empty() && !asked) return std::nullopt;
    return phrase(first, std::min(rest.back(), first + 2 * kNear));
  }

  // "Was it written by a man or by a woman", "was the digit written by my son", "a boy or a girl".
  std::optional<std::string> other_writer(std::size_t first, std::size_t end) const {
    const bool closed = is_being(word(first)) && is_closed(first + 1);
    for (auto i = first; i < end; ++i)
      if ((closed && word(i) == "by" && has_person(i + 1, std::min(i + 1 + kNear, end))) ||
          (subject_.numbered && is_contrast(word(i)) && has_person(std::max(first, i - std::min(i, kNear)), i) &&
           has_person(i + 1, std::min(i + kNear, end))))
        return phrase(i, i + 2);
    return std::nullopt;
  }

  bool has_person(std::size_t begin, std::size_t end) const {
    return any(begin, end, [&](std::size_t i) { return is_person(word(i)); });
  }

  // "Will the shares of car makers rise", but not "will it know a car".
  std::optional<std::string> forecast(std::size_t first, std::size_t) const {
    const bool noun = inside(first + 1) && !is_maker(word(first + 1)) && !is_function_word(word(first + 1));
    return word(first) == "will" && noun ? std::optional(phrase(first, first + 2)) : std::nullopt;
  }

  // "Is the dog ...", not "is it a dog", "is there a dog", "is it possible".
  bool is_closed_question(std::size_t first) const {
    return (is_being(word(first)) || is_asking(word(first))) && is_closed(first + 1) && !is_order_to_do(first) &&
           !is_remark(first);
  }

  // "Is that something you have up your sleeve?", where nothing of what the pictures show is said.
  bool is_remark(std::size_t first) const {
    const auto end = end_of(first);
    return any(first, end,
               [&](std::size_t i) { return word(i) == "you" || word(i) == "your" || word(i) == "yours"; }) &&
           !any(first, end, [&](std::size_t i) { return is_object(i); });
  }

  // "Do the clothing set", "do the digits for me".
  bool is_order_to_do(std::size_t first) const {
    return word(first) == "do" && any(first + 2, first + 2 + kNear, [&](std::size_t i) {
             return is_whole_set(word(i)) || (word(i) == "for" && (word(i + 1) == "me" || word(i + 1) == "us"));
           });
  }

  // A determiner of something that is there: "the", "this".
  bool is_closed(std::size_t at) const {
    return is_determiner(word(at)) && word(at) != "a" && word(at) != "an" && word(at) != "me" && word(at) != "us";
  }

  bool is_determined(std::size_t at, std::size_t first) const {
    return at > first && (is_determiner(word(at - 1)) || (at > first + 1 && is_determiner(word(at - 2)))) &&
           word(at - 1) != "a" && word(at - 1) != "an";
  }

  template <class Is>
  bool any(std::size_t begin, std::size_t end, const Is& is) const {
    for (auto i = begin; i < std::min(end, tokens_.size()); ++i)
      if (is(i)) return true;
    return false;
  }

  // What the pictures show leaves no doubt.
  static constexpr double kNamesSubject = 0.6;

  const std::vector<Token>& tokens_;
  const Subjects& subject_;
  const Meanings& meanings_;
  bool clear_;
  std::vector<Term> telling_, other_;
  bool says_telling_ = false;
};

}  // namespace

std::optional<std::string> asks_otherwise(const Sentence& sentence, const Subjects& subject, const Meanings& meanings,
                                          bool clear) {
  return TaskReader(sentence, subject, meanings, clear).read();
}

}  // namespace weightloom
