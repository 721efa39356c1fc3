#include "sentence.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "architecture_kinds.hpp"
#include "characters.hpp"
#include "left_out.hpp"
#include "quantities.hpp"
#include "separated_text.hpp"
#include "spelled_names.hpp"
#include "vocabulary.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

// Of a word that is shown, in columns.
constexpr std::size_t kLongestWord = 32;
// Words that are one term: "street view house numbers".
constexpr std::size_t kLongestCompound = 4;
// Of a set's name before a number.
constexpr std::size_t kShortestStem = 4;
// A word is of what a set shows if it is so close to its description, a keyword if it is so close.
constexpr double kOfSet = 0.7, kNearSet = 0.4;

// "Froggy" is frog, "birdie" bird, "horsie" either "hors" or "horse".
std::string without_diminutive(std::string base) {
  if (base.ends_with('s')) base.pop_back();
  if (!base.ends_with('y') && !base.ends_with("ie")) return {};
  base.resize(base.size() - (base.ends_with('y') ? 1 : 2));
  if (base.size() > 2 && base[base.size() - 1] == base[base.size() - 2]) base.pop_back();
  return base;
}

std::size_t slips_of(const std::string& word) {
  return word.size() < 8 ? 1 : 2;
}

bool is_permutation(const std::string& word, const std::string& known) {
  return known.size() == word.size() && std::ranges::is_permutation(known, word);
}

// Whether one may be the other misspelt: letters are mistaken, hardly ever the first one, and no digits.
bool may_be_slip(const std::string& word, const std::string& known) {
  const auto digits = [](std::string text) {
    std::erase_if(text, [](char c) { return !is_digit(c); });
    return text;
  };
  return (known[0] == word[0] || is_permutation(word, known)) && digits(word) == digits(known);
}

}  // namespace

Sentence::Sentence(std::string_view text, const std::vector<Subjects>& subjects, const Meanings& meanings)
    : meanings_(meanings) {
  collect_spellings(subjects);
  const std::string prepared =
      separated(with_settings_in_full(with_names_joined(without_numbering(text), [&](const std::string& word) {
        return stems_.contains(word) || is_kind_of_network(word);
      })));
  bool breaks = true, aside = false;
  for (std::size_t begin = 0; begin < prepared.size();) {
    const auto end = std::min(prepared.find_first_of(",;:.?!()", begin), prepared.size());
    const auto first = tokens_.size();
    add_clause(split_words(std::string_view(prepared).substr(begin, end - begin)));
    if (first < tokens_.size()) tokens_[first].breaks = std::exchange(breaks, false);
    for (auto i = first; i < tokens_.size(); ++i) tokens_[i].aside = aside;
    const char sign = end < prepared.size() ? prepared[end] : ',';
    if (sign == '(' || sign == ')') aside = sign == '(';
    breaks = breaks || sign != ',';
    begin = end + 1;
  }
  drop_parentheses();
  drop_emphasis();
  spell_answers();
  mark_labels(subjects);
  mark_left_out(tokens_, words_);
  rename_sets(subjects);
  drop_loose_numbers(subjects);
  drop_quantities(tokens_);
  mark_places();
  for (std::size_t i = 2; i < tokens_.size(); ++i)
    tokens_[i].asked =
        tokens_[i - 1].word == "of" && (is_question_for_kind(tokens_[i - 2].word) || is_partitive(tokens_[i - 2].word));
}

std::vector<Token> Sentence::content() const {
  std::vector<Token> out;
  for (const Token& token : tokens_)
    if (token.tells || token.of_all) out.push_back(token);
  return out;
}

void Sentence::collect_spellings(const std::vector<Subjects>& subjects) {
  const auto add_all = [&](const std::vector<Term>& terms) {
    for (const Term& term : terms) {
      cards_.insert(term.text);
      if (term.text.find('_') != std::string::npos) compounds_.insert(term.text);
    }
  };
  for (const Subjects& subject : subjects) {
    add_all(subject.keywords);
    for (const auto& terms : subject.classes) add_all(terms);
    words_.sets.insert(subject.names.begin(), subject.names.end());
    for (const auto& terms : subject.classes)
      for (const Term& term : terms) classes_.insert(term.text);
  }
  // "Cifar" of "cifar10", too.
  for (const auto& name : words_.sets) {
    stems_.insert(name);
    if (const auto stem = name.substr(0, name.find_first_of("0123456789")); stem.size() >= kShortestStem)
      stems_.insert(stem);
  }
  words_.names = cards_;
  for (const Subjects& subject : subjects) add_all(subject.description);
  for (const auto& subject : other_subjects())
    for (const auto& term : subject.terms) {
      words_.others.insert(term);
      if (term.find('_') != std::string::npos) compounds_.insert(term);
    }
  for (const auto& name : other_data_sets()) compounds_.insert(name);
  spellings_ = cards_;
  spellings_.insert(words_.others.begin(), words_.others.end());
  spellings_.insert(generic_words().begin(), generic_words().end());
  for (const auto& word : function_words())
    if (word.size() > 4) spellings_.insert(word);
}

void Sentence::add_clause(const std::vector<std::string>& words) {
  const auto first = tokens_.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::optional<std::string> found;
    auto count = std::min(kLongestCompound, words.size() - i) + 1;
    while (!found && count > 1) found = compound(words, i, --count);
    if (found) {
      auto text = words[i];
      for (const auto last = i + count - 1; i < last;) text += ' ' + words[++i];
      tokens_.push_back({text, meanings_.term(*found), true});
    } else if (const auto listed = classes_between_hyphens(words[i]); !listed.empty()) {
      for (const auto& name : listed) {
        if (&name != &listed.front()) add("or");
        add(name);
      }
    } else if (i + 1 < words.size() && is_shorthand(words[i], words[i + 1])) {
      tokens_.push_back({words[i], {words[i], {}}});
    } else {
      add(words[i]);
    }
  }
  if (tokens_.size() > first) tokens_[first].begins = true;
}

// "Cat-deer-dog": three classes and more.
std::vector<std::string> Sentence::classes_between_hyphens(const std::string& word) const {
  if (std::ranges::count(word, '-') < 2 || is_known(base_of(word))) return {};
  std::string parts = word;
  std::ranges::replace(parts, '-', ' ');
  auto names = split_words(parts);
  return std::ranges::all_of(names, [&](const auto& name) { return classes_.contains(base_of(name)); })
             ? names
             : std::vector<std::string>();
}

// "Is it" of "isit", "or else" of "orelse", where nobody knows the whole; "forget" is no "for get".
std::vector<std::string> Sentence::glued(const std::string& word) const {
  for (std::size_t cut = 2; cut + 2 <= word.size() && !is_known(base_of(word)); ++cut)
    if ((is_being(word.substr(0, cut)) || word.substr(0, cut) == "or") && is_function_word(word.substr(cut)))
      return {word.substr(0, cut), word.substr(cut)};
  return {};
}

// What several words are called together, or one with a hyphen: "ankle boot", "cifar-10", "t-shirt/top".
std::optional<std::string> Sentence::compound(const std::vector<std::string>& words, std::size_t at,
                                              std::size_t count) const {
  const auto& last = words[at + count - 1];
  if (count == 1 && (words_.names.contains(base_of(last)) || last.find('-') == std::string::npos)) return std::nullopt;
  std::string first;
  for (auto i = at; i + 1 < at + count; ++i) first += words[i] + '_';
  auto forms = base_forms(last, {});
  forms.push_back(base_of(last));
  for (const auto& form : forms) {
    auto phrase = first + form;
    if (count == 1) std::ranges::replace(phrase, '-', '_');
    if (compounds_.contains(phrase)) return phrase;
  }
  if (count > 2) return std::nullopt;
  auto phrase = first + last;
  std::ranges::replace(phrase, '-', '_');
  return respelt_set(phrase);
}

// "Fahsion mnist": a set's own name of several words, one of which nobody knows.
std::optional<std::string> Sentence::respelt_set(const std::string& phrase) const {
  auto parts = phrase;
  std::ranges::replace(parts, '_', ' ');
  if (std::ranges::all_of(split_words(parts), [&](const auto& part) { return number_of(part) || is_known(part); }))
    return std::nullopt;
  for (const auto& name : words_.sets)
    if (name.find('_') != std::string::npos && may_be_slip(phrase, name) &&
        edit_distance(phrase, name) <= slips_of(name))
      return name;
  return std::nullopt;
}

// As names on cards, then cards, then other subjects spell it; else that of the vectors.
std::string Sentence::base_of(const std::string& word) const {
  const auto forms = base_forms(word, {});
  // A fiver is no five.
  const auto is_more = [&](const std::string& form) { return word.ends_with("er") && number_of(form); };
  for (const auto* known : {&words_.names, &cards_, &words_.others})
    if (const auto form = std::ranges::find_if(forms, [&](const auto& f) { return known->contains(f) && !is_more(f); });
        form != forms.end())
      return *form;
  if (const auto base = without_diminutive(word); !base.empty())
    for (const auto& form : {base, base + 'e'})
      if (words_.names.contains(form)) return form;
  return meanings_.lemma(word);
}

void Sentence::add(const std::string& word) {
  if (const auto number = number_of(word)) {
    const auto name = number_word(*number);
    tokens_.push_back({word, meanings_.term(name), words_.names.contains(name), true});
    return;
  }
  if (is_digit(word[0]) || is_compound_number(word)) {
    tokens_.push_back({word, {word, {}}, false, is_compound_number(word) || std::ranges::all_of(word, is_digit)});
    return;
  }
  if (is_function_word(word) || is_contrast(word) || is_negation(word)) {
    tokens_.push_back({word, {word, {}}});
    return;
  }
  if (is_foreign(word) && !words_.names.contains(word)) {
    unknown_.push_back(word);
    tokens_.push_back({word, {word, {}}});
    return;
  }
  if (is_other_data_set(word) && !words_.sets.contains(word)) {
    tokens_.push_back({word, {word, {}}, true});
    return;
  }
  std::string term = base_of(word);
  if (!is_known(term) && !is_generic_word(term) && word.find('-') != std::string::npos) {
    std::string parts = word;
    std::ranges::replace(parts, '-', ' ');
    for (const auto& part : split_words(parts)) add(part);
    return;
  }
  if (!is_known(term) && !is_generic_word(term)) {
    if (const auto parts = glued(word); !parts.empty()) {
      for (const auto& part : parts) add(part);
      return;
    }
    term = respelt(term).value_or(term);
    // "Sumthing", "evry other".
    const bool of_rest = term.ends_with("thing") || term == "every" || term == "other" || term == "another";
    if (of_rest && is_function_word(term)) return add(term);
  }
  const bool known = is_known(term) || is_generic_word(term);
  if (!known && word.size() > 1) unknown_.push_back(cut_to_width(printable(word), kLongestWord));
  // "Tool" says nothing, unless tools are what there is to tell apart.
  tokens_.push_back({word, meanings_.term(term), known && (words_.names.contains(term) || tells_something(term))});
}

// The word that was meant, of a card, of another subject, or of those that say nothing: one slip in short words, two in
// long ones, and hardly ever in the first letter. Of three letters two may be swapped.
std::optional<std::string> Sentence::respelt(const std::string& word) const {
  if (word.size() < 3) return std::nullopt;
  std::size_t least = 3;
  std::optional<std::string> best;
  for (const auto& form : base_forms(word, {})) {
    const std::size_t slips = slips_of(form);
    for (const auto& known : spellings_) {
      if (known.size() < 3 || known.size() + slips < form.size() || known.size() > form.size() + slips) continue;
      if (!may_be_slip(form, known) ||
          (std::min(known.size(), form.size()) < 4 && (!is_permutation(form, known) || !words_.names.contains(known))))
        continue;
      const auto distance = edit_distance(form, known);
      if (distance > slips || distance >= least) continue;
      least = distance;
      best = known;
    }
  }
  return best;
}

// "Y/n" as people write "yes or no".
void Sentence::spell_answers() {
  for (std::size_t i = 2; i < tokens_.size(); ++i)
    if (tokens_[i].word == "n" && tokens_[i - 1].word == "or" && tokens_[i - 2].word == "y") tokens_[i].word = "no";
}

// "Cats, dogs and, believe it or not, one horse".
void Sentence::drop_parentheses() {
  for (std::size_t i = 1; i < tokens_.size(); ++i) {
    if (!tokens_[i].begins || tokens_[i].breaks || !is_joint(tokens_[i - 1].word)) continue;
    auto end = i;
    do {
      if (words_.names.contains(tokens_[end].term.text)) break;
      ++end;
    } while (end < tokens_.size() && !tokens_[end].begins);
    if (end == tokens_.size() || !tokens_[end].begins || tokens_[end].breaks) continue;
    tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(i), tokens_.begin() + static_cast<std::ptrdiff_t>(end));
    tokens_[i].begins = false;
  }
}

// "From literally every other thing", "from just about anything else", "each and every", "up to and including", "the
// one and only class".
void Sentence::drop_emphasis() {
  const auto drop = [&](std::size_t at, std::size_t count) {
    const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(at);
    first[static_cast<std::ptrdiff_t>(count)].begins |= first->begins;
    first[static_cast<std::ptrdiff_t>(count)].breaks |= first->breaks;
    tokens_.erase(first, first + static_cast<std::ptrdiff_t>(count));
  };
  const auto is_whole_next = [&](std::size_t at) {
    return at < tokens_.size() && !tokens_[at].begins &&
           (is_all(tokens_[at].word) || is_rest_of_all(tokens_[at].word)) && tokens_[at].word != "the";
  };
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
    const auto& word = tokens_[i].word;
    const bool after_contrast = i > 0 && is_contrast(tokens_[i - 1].word);
    if (word == "each" && tokens_[i + 1].word == "and" && is_whole_next(i + 2))
      drop(i, 2);
    else if (word == "one" && tokens_[i + 1].word == "and" && i + 2 < tokens_.size() && tokens_[i + 2].word == "only")
      drop(i, 2);
    else if (after_contrast && (word == "just" || word == "pretty") && is_whole_next(i + 2))
      drop(i, 2);
    else if (after_contrast && (word == "just" || word == "simply") && is_whole_next(i + 1))
      drop(i, 1);
    else if (word == "and" && tokens_[i + 1].word == "including" && i > 0 && is_range(tokens_[i - 1].word) &&
             i + 2 < tokens_.size())
      drop(i, 2);
    else if ((word == "whole" || word == "entire") && is_rest_of_all(tokens_[i + 1].word) && !tokens_[i].begins)
      drop(i, 1);
    else if (after_contrast && word.ends_with("ly") && !is_restriction(word) &&
             !words_.names.contains(tokens_[i].term.text) && is_whole_next(i + 1))
      drop(i, 1);
  }
}

bool Sentence::names_any(const std::vector<std::string>& names) const {
  return std::ranges::any_of(tokens_, [&](const Token& token) {
    return token.tells && std::ranges::find(names, token.term.text) != names.end();
  });
}

bool Sentence::has_keyword(const Subjects& subject) const {
  return std::ranges::any_of(tokens_, [&](const Token& token) {
    return token.tells && !is_label(token.word) && !is_item(token.word) &&
           std::ranges::find(subject.keywords, token.term.text, &Term::text) != subject.keywords.end();
  });
}

// "Cifar10 labels 3 and 5", "fashion items numbered 0 to 4", where a set is named whose classes are no numbers.
void Sentence::mark_labels(const std::vector<Subjects>& subjects) {
  bool named = false, said = false, numbers = false;
  for (const Subjects& subject : subjects) {
    named = named || (!subject.numbered && names_any(subject.names));
    (subject.numbered ? numbers : said) |= has_keyword(subject);
  }
  // "Class 3 of our school" has no such classes.
  const auto opens = [&](const std::string& word) {
    if (named) return is_label(word) || is_item(word);
    return said && !numbers && is_label(word) && (word == "numbered" || (word.ends_with('s') && word != "class"));
  };
  Token* label = nullptr;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    Token& token = tokens_[i];
    if (label && (is_digit(token.word[0]) ||
                  (named && (!token.begins || tokens_[i - 1].label) &&
                   (number_of(token.word) || is_compound_number(token.word)) && !is_plural(token.word)))) {
      token.label = true;
      token.tells = token.number = false;
      if (!words_.sets.contains(label->term.text)) label->tells = false;
    } else if (opens(token.word) || (named && lists_digits(i))) {
      label = &token;
    } else if (!is_contrast(token.word) && !is_joint(token.word) && !is_range(token.word) && token.word != "is" &&
               token.word != "up") {
      label = nullptr;
    }
  }
}

// "Year 9", "6 to 5", "those 3": where nothing says that numbers are what is seen, and classes of another set, or that
// set, are named. What is set against something, or beside it, is a number still: "cats and sevens".
void Sentence::drop_loose_numbers(const std::vector<Subjects>& subjects) {
  const auto is_class = [](const Token& token, const Subjects& subject) {
    return token.tells && std::ranges::any_of(subject.classes, [&](const std::vector<Term>& terms) {
             return std::ranges::find(terms, token.term.text, &Term::text) != terms.end();
           });
  };
  bool others = false;
  for (const Subjects& subject : subjects) {
    if (subject.numbered && (has_keyword(subject) || names_any(subject.names))) return;
    others =
        others || (!subject.numbered &&
                   (has_keyword(subject) || names_any(subject.names) ||
                    std::ranges::count_if(tokens_, [&](const Token& token) { return is_class(token, subject); }) > 1));
  }
  const auto joins = [&](std::size_t i) {
    return i < tokens_.size() && (is_joint(tokens_[i].word) || is_contrast(tokens_[i].word));
  };
  // But not "Year 9 and we would".
  const auto joins_next = [&](std::size_t i) {
    if (!joins(i)) return false;
    do ++i;
    while (i < tokens_.size() && is_determiner(tokens_[i].word));
    return i < tokens_.size() && tokens_[i].tells;
  };
  const auto lists = [&](std::size_t i) {
    return i > 0 && i < tokens_.size() && tokens_[i].begins && tokens_[i].number && tokens_[i - 1].number;
  };
  if (others && lists_labels(subjects)) return;
  for (std::size_t i = 0; others && i < tokens_.size(); ++i) {
    auto first = i;
    while (first > 0 && is_determiner(tokens_[first - 1].word)) --first;
    if (!tokens_[i].number || is_plural(tokens_[i].word) || joins_next(i + 1) || (first > 0 && joins(first - 1)) ||
        lists(i) || lists(i + 1))
      continue;
    tokens_[i].number = tokens_[i].tells = false;
  }
}

// "Only 0, 1 and 9 from cifar-10": digits in a list where a set is named, none of its classes by name.
bool Sentence::lists_labels(const std::vector<Subjects>& subjects) {
  std::vector<Token*> digits;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!tokens_[i].number) continue;
    if (!is_digit(tokens_[i].word[0])) return false;
    digits.push_back(&tokens_[i]);
    const auto before = i > 0 && !tokens_[i].begins ? i - 1 : i;
    const bool listed = tokens_[i].begins ? i > 0 && tokens_[i - 1].number
                                          : is_joint(tokens_[before].word) || tokens_[before].word == "or" ||
                                                is_versus(tokens_[before].word);
    if (digits.size() > 1 && !listed) return false;
  }
  const bool named = std::ranges::any_of(
      subjects, [&](const Subjects& subject) { return !subject.numbered && names_any(subject.names); });
  if (digits.size() < 2 || !named || std::ranges::any_of(tokens_, [&](const Token& token) {
        return token.tells && !token.number && classes_.contains(token.term.text);
      }))
    return false;
  for (Token* token : digits) {
    token->label = true;
    token->tells = token->number = false;
  }
  return true;
}

// "Fashion-mnist 1 & 8": the set's name, and nothing but digits up to the end of the sentence.
bool Sentence::lists_digits(std::size_t at) const {
  if (!words_.sets.contains(tokens_[at].term.text)) return false;
  std::size_t digits = 0;
  auto i = at + 1;
  for (; i < tokens_.size() && !tokens_[i].breaks; ++i) {
    if (is_digit(tokens_[i].word[0]))
      ++digits;
    else if (!is_joint(tokens_[i].word) && !is_contrast(tokens_[i].word))
      return false;
  }
  return digits > 1;
}

// A word before its name, what it shows or another word for that; but not who asks: "mnist for a tailor".
bool Sentence::speaks_for(std::size_t at, const Subjects& subject, const std::string& name) const {
  const Token& token = tokens_[at];
  const auto cut = name.find('_');
  if (!token.tells || token.term.text == name.substr(cut + 1)) return false;
  if (token.term.text == name.substr(0, cut)) return true;
  for (auto i = at; i > 0 && !tokens_[i].begins; --i)
    if (tokens_[i - 1].word == "for" || tokens_[i - 1].word == "my" || tokens_[i - 1].word == "our") return false;
  const double shown = meanings_.closeness(token.term, subject.description);
  const bool keyword = std::ranges::find(subject.keywords, token.term.text, &Term::text) != subject.keywords.end();
  return shown >= kOfSet || (keyword && (shown >= kNearSet || !token.term.index));
}

// "The fashion version of mnist", "mnist with clothes": the set that is called so with a word before it.
void Sentence::rename_sets(const std::vector<Subjects>& subjects) {
  for (const Subjects& subject : subjects)
    for (const auto& name : subject.names) {
      const auto cut = name.find('_');
      if (cut == std::string::npos || !words_.sets.contains(name.substr(cut + 1))) continue;
      const auto own = std::ranges::find(tokens_, name.substr(cut + 1), [](const Token& t) { return t.term.text; });
      if (own == tokens_.end() || !own->tells) continue;
      const auto at = static_cast<std::size_t>(own - tokens_.begin());
      for (std::size_t i = 0; i < tokens_.size(); ++i)
        if (speaks_for(i, subject, name) && !are_joined(std::min(i, at), std::max(i, at))) {
          own->term = meanings_.term(name);
          break;
        }
    }
}

// "Mnist and fashion", "mnist together with fashion-mnist", "mnist into fashion-mnist": two.
bool Sentence::are_joined(std::size_t first, std::size_t second) const {
  const auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(first) + 1,
             end = tokens_.begin() + static_cast<std::ptrdiff_t>(second);
  const auto joins = [](const Token& token) {
    return is_joint(token.word) || token.word == "together" || token.word == "well";
  };
  const Token &one = tokens_[first], &other = tokens_[second];
  const bool beside = begin == end && other.begins && !other.breaks;
  const bool merged = end - begin == 1 && (begin->word == "into" || begin->word == "with");
  if ((beside || merged) && words_.sets.contains(one.term.text) && words_.sets.contains(other.term.text)) return true;
  return std::any_of(begin, end, joins) &&
         std::all_of(begin, end, [&](const Token& token) { return !token.tells || joins(token); });
}

// An adjective may stand between: "on old letters"; but no verb: "in cifar10 there are trams".
void Sentence::mark_places() {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (!tokens_[i].tells) continue;
    bool adjective = false;
    for (auto at = i; at > 0 && i - at < 4 && !tokens_[at].begins; --at) {
      const Token& before = tokens_[at - 1];
      if (is_place_before(before.word)) {
        tokens_[i].place = true;
        break;
      }
      if (is_being(before.word) || (before.tells && std::exchange(adjective, true))) break;
    }
  }
}

}  // namespace weightloom
