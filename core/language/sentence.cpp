#include "sentence.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "architecture_kinds.hpp"
#include "characters.hpp"
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

// With all arrows as "=": "sandal -> 1".
std::string without_arrows(std::string text) {
  for (const std::string_view arrow : {"->", "=>", "\xe2\x86\x92"})
    for (auto at = text.find(arrow); at != std::string::npos; at = text.find(arrow, at))
      text.replace(at, arrow.size(), "=");
  return text;
}

// Whether the text codes its answers: "sandal = 1, any other garment = 0".
bool has_codes(std::string_view text) {
  const auto codes = [&](char digit) {
    for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1))
      if (const auto next = text.find_first_not_of(' ', at + 1); next != std::string_view::npos && text[next] == digit)
        return true;
    return false;
  };
  return codes('0') && codes('1');
}

// Of "budgie's a bird": where the word ends that "is" is short for, but not of "it's a".
bool is_short_is(std::string_view text, std::size_t at) {
  if (text.substr(at, 5) != "'s a " && text.substr(at, 6) != "'s an ") return false;
  const auto begin = text.substr(0, at).find_last_of(' ') + 1;
  const auto words = split_words(text.substr(begin, at + 2 - begin));
  return words.size() == 1 && !is_function_word(words.front());
}

// "Shirts vs. coats" is one sentence.
bool ends_versus(std::string_view text, std::size_t dot) {
  const auto begin = text.substr(0, dot).find_last_of(' ') + 1;
  const auto words = split_words(text.substr(begin, dot - begin));
  return dot + 1 < text.size() && text[dot + 1] == ' ' && words.size() == 1 && is_versus(words.front());
}

// "2-5-7" lists digits; the hyphen at a place is one of several.
bool is_in_chain(std::string_view text, std::size_t hyphen) {
  const auto digit = [&](std::size_t at) { return at < text.size() && is_digit(text[at]); };
  const auto joins = [&](std::size_t at) {
    return at < text.size() && text[at] == '-' && digit(at + 1) && !digit(at + 2) && at > 0 && digit(at - 1) &&
           (at == 1 || !digit(at - 2));
  };
  return joins(hyphen) && (joins(hyphen + 2) || (hyphen > 1 && joins(hyphen - 2)));
}

// "0-9", "0 - 9" and "0..9" are ranges, "5,000" and "1.5" are one number, "e.g." one word, "cat/dog" a choice, "w/"
// with, "w/o" without, a dash between words a break; what ends in "..." goes on.
std::string separated(std::string_view raw) {
  const std::string plain = without_arrows(std::string(raw));
  const std::string_view text = plain;
  std::string out;
  const bool coded = has_codes(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return at < text.size() && is_digit(text[at]); };
    const auto space = [&](std::size_t at) { return at >= text.size() || text[at] == ' '; };
    const bool after_digit = i > 0 && digit(i - 1);
    const auto dash = text.substr(i, 3);
    const auto dots = after_digit ? text.find_first_not_of('.', i) - i : 0;
    if (text[i] == '-' && after_digit && digit(i + 1)) {
      out += is_in_chain(text, i) ? "," : " to ";
    } else if ((dots == 2 || dots == 3) && digit(i + dots)) {
      out += " to ";
      i += dots - 1;
    } else if (text.substr(i, 3) == " - " && after_digit && digit(i + 3)) {
      out += " to ";
      i += 2;
    } else if (text[i] == ',' && after_digit && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4)) {
      continue;
    } else if (dots == 1 && digit(i + 1)) {
      out += 'x';  // one word, and no number that is counted here
    } else if (coded && text[i] == '=') {
      out += " is ";
      while (i + 1 < text.size() && (text[i + 1] == ' ' || digit(i + 1))) ++i;
    } else if (text[i] == '\'' && is_short_is(text, i)) {
      out += " is";
      ++i;
    } else if (text[i] == '-' && i > 0 && space(i - 1) && space(i + 1)) {
      out += ':';
    } else if (dash == "\xe2\x80\x93" || dash == "\xe2\x80\x94") {  // en and em dash
      out += after_digit && digit(i + 3) ? " to " : ":";
      i += 2;
    } else if (text[i] == '.' && ends_versus(text, i)) {
      out += ' ';
    } else if (text[i] == '|') {
      out += i > 0 && !space(i - 1) && !space(i + 1) ? " or " : ",";
    } else if (text.substr(i, 4) == "e.g.") {
      out += "eg";
      i += 3;
    } else if (dash == "..." || dash == "\xe2\x80\xa6") {  // and the sign of one
      const auto next = text.find_first_not_of('.', i + 3);
      const bool goes_on = next != std::string_view::npos && (is_letter(text[next]) || text[next] == ' ');
      const bool ends = text.find_first_not_of(' ', std::min(next, text.size())) == std::string_view::npos;
      out += goes_on && !ends && !space(i - 1) ? "." : " etc ";
      i += 2;
    } else if (text.substr(i, 4) == "non-" && (i == 0 || space(i - 1))) {
      out += "non ";
      i += 3;
    } else if (text[i] == '/' && i > 0 && text[i - 1] == 'w' && (i == 1 || space(i - 2))) {
      const bool without = i + 1 < text.size() && text[i + 1] == 'o' && space(i + 2);
      out += without ? "ithout" : "ith ";
      i += without ? 1 : 0;
    } else if (text[i] == '/') {
      const bool number = (i > 1 && after_digit && digit(i - 2)) || (digit(i + 1) && digit(i + 2));
      out += number ? " / " : " or ";
    } else if (text[i] == '+' && after_digit && space(i + 1)) {
      out += " upwards";
    } else if (text[i] == '&' || (text[i] == '+' && i > 0 && space(i - 1))) {
      out += " and ";
    } else {
      out += text[i];
    }
  }
  return out;
}

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

// "Twenty-three".
bool is_compound_number(const std::string& word) {
  const auto hyphen = word.find('-');
  return hyphen != std::string::npos && word.substr(0, hyphen).ends_with("ty") && number_of(word.substr(hyphen + 1));
}

// Plural: "sevens" are no amount of anything.
bool is_plural(const std::string& word) {
  return word.ends_with('s');
}

bool is_counted(const Token& token) {
  return !token.number && !is_aside(token.word) && !is_more(token.word) && !is_less(token.word) &&
         !is_telling_apart(token.word) && !is_contrast(token.word) && !is_negation(token.word) &&
         !is_function_word(token.word) && !is_function_word(token.term.text);
}

}  // namespace

Sentence::Sentence(std::string_view text, const std::vector<Subjects>& subjects, const Meanings& meanings)
    : meanings_(meanings) {
  collect_spellings(subjects);
  const std::string prepared = separated(with_settings_in_full(with_names_joined(
      text, [&](const std::string& word) { return stems_.contains(word) || is_kind_of_network(word); })));
  bool breaks = true;
  for (std::size_t begin = 0; begin < prepared.size();) {
    const auto end = std::min(prepared.find_first_of(",;:.?!()", begin), prepared.size());
    const auto first = tokens_.size();
    add_clause(split_words(std::string_view(prepared).substr(begin, end - begin)));
    if (first < tokens_.size()) tokens_[first].breaks = std::exchange(breaks, false);
    breaks = breaks || (end < prepared.size() && prepared[end] != ',');
    begin = end + 1;
  }
  spell_answers();
  mark_labels(subjects);
  drop_negated();
  rename_sets(subjects);
  drop_aside();
  drop_unwanted();
  drop_quantities();
  drop_amounts();
  drop_prefixes();
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
    sets_.insert(subject.names.begin(), subject.names.end());
    for (const auto& terms : subject.classes)
      for (const Term& term : terms) classes_.insert(term.text);
  }
  // "Cifar" of "cifar10", too.
  for (const auto& name : sets_) {
    stems_.insert(name);
    if (const auto stem = name.substr(0, name.find_first_of("0123456789")); stem.size() >= kShortestStem)
      stems_.insert(stem);
  }
  names_ = cards_;
  for (const Subjects& subject : subjects) add_all(subject.description);
  for (const auto& subject : other_subjects())
    for (const auto& term : subject.terms) {
      others_.insert(term);
      if (term.find('_') != std::string::npos) compounds_.insert(term);
    }
  for (const auto& name : other_data_sets()) compounds_.insert(name);
  spellings_ = cards_;
  spellings_.insert(others_.begin(), others_.end());
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
  if (count == 1 && (names_.contains(base_of(last)) || last.find('-') == std::string::npos)) return std::nullopt;
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
  for (const auto& name : sets_)
    if (name.find('_') != std::string::npos && may_be_slip(phrase, name) &&
        edit_distance(phrase, name) <= slips_of(name))
      return name;
  return std::nullopt;
}

// As names on cards, then cards, then other subjects spell it; else that of the vectors.
std::string Sentence::base_of(const std::string& word) const {
  const auto forms = base_forms(word, {});
  for (const auto* known : {&names_, &cards_, &others_})
    if (const auto form = std::ranges::find_if(forms, [&](const auto& f) { return known->contains(f); });
        form != forms.end())
      return *form;
  if (const auto base = without_diminutive(word); !base.empty())
    for (const auto& form : {base, base + 'e'})
      if (names_.contains(form)) return form;
  return meanings_.lemma(word);
}

void Sentence::add(const std::string& word) {
  if (const auto number = number_of(word)) {
    const auto name = number_word(*number);
    tokens_.push_back({word, meanings_.term(name), names_.contains(name), true});
    return;
  }
  if (is_digit(word[0]) || is_compound_number(word)) {
    tokens_.push_back({word, {word, {}}, false, std::ranges::all_of(word, is_digit)});
    return;
  }
  if (is_function_word(word) || is_contrast(word) || is_negation(word)) {
    tokens_.push_back({word, {word, {}}});
    return;
  }
  if (is_other_data_set(word) && !sets_.contains(word)) {
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
    if (is_function_word(term) && term.ends_with("thing")) return add(term);  // "sumthing"
  }
  const bool known = is_known(term) || is_generic_word(term);
  if (!known && word.size() > 1) unknown_.push_back(cut_to_width(printable(word), kLongestWord));
  // "Tool" says nothing, unless tools are what there is to tell apart.
  tokens_.push_back({word, meanings_.term(term), known && (names_.contains(term) || tells_something(term))});
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
          (std::min(known.size(), form.size()) < 4 && (!is_permutation(form, known) || !names_.contains(known))))
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
  for (Token& token : tokens_) {
    if (label && is_digit(token.word[0])) {
      token.label = true;
      token.tells = token.number = label->tells = false;
    } else if (opens(token.word)) {
      label = &token;
    } else if (!is_contrast(token.word) && !is_joint(token.word) && !is_range(token.word) && token.word != "is" &&
               token.word != "up") {
      label = nullptr;
    }
  }
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
      if (cut == std::string::npos || !sets_.contains(name.substr(cut + 1))) continue;
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

// "Mnist and fashion", "mnist together with fashion-mnist": two.
bool Sentence::are_joined(std::size_t first, std::size_t second) const {
  const auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(first) + 1,
             end = tokens_.begin() + static_cast<std::ptrdiff_t>(second);
  const auto joins = [](const Token& token) {
    return is_joint(token.word) || token.word == "together" || token.word == "well";
  };
  const Token &one = tokens_[first], &other = tokens_[second];
  const bool beside = begin == end && other.begins && !other.breaks;
  if (beside && sets_.contains(one.term.text) && sets_.contains(other.term.text)) return true;
  return std::any_of(begin, end, joins) &&
         std::all_of(begin, end, [&](const Token& token) { return !token.tells || joins(token); });
}

// "No letters", "not just for the shoes", but not "I cannot read the digits".
void Sentence::drop_negated() {
  enum class Scope { kNone, kOpen, kDropping } scope = Scope::kNone;
  bool lists = false, single = false;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    Token& token = tokens_[i];
    if (negates(i) && !denies_before(i)) {
      scope = Scope::kOpen;
      lists = !is_denial(token.word) || denies_list(i);
      single = token.word == "non";  // "non-mammal animals"
      if (i + 1 < tokens_.size() && is_not_wanted(token.word, tokens_[i + 1].word)) tokens_[++i].tells = false;
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
    } else if (token.tells || token.label) {
      leave_out(i);
      scope = single ? Scope::kNone : Scope::kDropping;
    } else if (token.word != "or" && (scope == Scope::kDropping || !is_function_word(token.word))) {
      scope = Scope::kNone;
    }
  }
}

// "All, so no sandal, sneaker or boot"; but not "no frogs, cats or dogs".
bool Sentence::denies_list(std::size_t at) const {
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

// "A coat I don't want": what stands before it.
bool Sentence::denies_before(std::size_t at) const {
  return at > 1 && is_wanting(tokens_[at - 1].word) && !tokens_[at - 1].begins && tokens_[at - 2].tells &&
         at + 1 < tokens_.size() && is_not_wanted(tokens_[at].word, tokens_[at + 1].word);
}

// "No", "apart from", "all but", but not "no more than four", nor "tell cats apart from dogs".
bool Sentence::negates(std::size_t at) const {
  const auto& word = tokens_[at].word;
  if (at + 1 == tokens_.size()) return is_negation(word);
  const auto& next = tokens_[at + 1].word;
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
bool Sentence::denies_result(std::size_t at) const {
  if (tokens_[at].word != "no" && tokens_[at].word != "without" && tokens_[at].word != "sans") return false;
  for (auto i = at + 1; i + 1 < std::min(at + 5, tokens_.size()) && !tokens_[i].begins; ++i)
    if (sets_.contains(tokens_[i].term.text))
      for (auto next = i + 1; next < std::min(i + 3, tokens_.size()) && !tokens_[next].begins; ++next)
        if (is_result(tokens_[next].word)) return true;
  return false;
}

// Whether nothing before "apart" says that things are told so; but of all things some are left out: "the whole set
// apart from", "keep everything apart from".
bool Sentence::parts_none(std::size_t at) const {
  const bool all = says_all_before(at);
  return std::none_of(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(at), [&](const Token& token) {
    return is_parting(token.word) && (!all || token.word.starts_with("tell") || token.word == "told");
  });
}

// "Leave the boots out", but not "people leave bags".
bool Sentence::leaves_out(std::size_t at) const {
  for (auto i = at + 1; i < std::min(at + 5, tokens_.size()) && !tokens_[i].breaks; ++i)
    if (tokens_[i].word == "out" || tokens_[i].word == "off" || tokens_[i].word == "aside") return true;
  return false;
}

// "Drop the boots", "please get rid of the bags", but not "drop the boots in this box", "people drop bags".
bool Sentence::drops(std::size_t at) const {
  auto before = at;
  while (before > 0 && !tokens_[before].begins &&
         (is_politeness(tokens_[before - 1].word) || is_before_verb(tokens_[before - 1].word) ||
          tokens_[before - 1].word == "get" || tokens_[before - 1].word == "do" || tokens_[before - 1].word == "but"))
    --before;
  if (before == at && !tokens_[at].begins) return false;
  for (auto i = at + 2; i < tokens_.size() && !tokens_[i].begins; ++i)
    if (is_place_before(tokens_[i].word) || tokens_[i].word == "into") return false;
  return true;
}

// "All clothes but the boots": what follows is of a card, and "all" stands before.
bool Sentence::excludes_from_all(std::size_t at) const {
  auto next = at + 1;
  while (next < tokens_.size() && is_before_excluded(next)) ++next;
  return says_all_before(at) && next < tokens_.size() && tokens_[next].tells &&
         names_.contains(tokens_[next].term.text);
}

// A number of what comes next.
bool Sentence::counts_kinds(std::size_t at) const {
  if (!tokens_[at].number || is_plural(tokens_[at].word) || at + 1 == tokens_.size()) return false;
  const Token& next = tokens_[at + 1];
  return !next.begins && !next.number && (next.tells || is_question_for_kind(next.word));
}

// Between "but" and what is left out: "the three kinds of".
bool Sentence::is_before_excluded(std::size_t at) const {
  const auto& word = tokens_[at].word;
  return is_determiner(word) || is_question_for_kind(word) || counts_kinds(at) || word == "of" || word == "for";
}

bool Sentence::says_all_before(std::size_t at) const {
  for (; at > 0 && !tokens_[at].breaks; --at)
    if (is_whole(tokens_[at - 1].word) || tokens_[at - 1].word == "each" ||
        (is_all(tokens_[at - 1].word) && tokens_[at - 1].word != "some" && tokens_[at - 1].word != "the"))
      return true;
  return false;
}

// "Keep the other eight".
bool Sentence::keeps_others(std::size_t at) const {
  for (; at + 2 < tokens_.size(); ++at)
    if (tokens_[at].word == "keep" && tokens_[at + 1].word == "the" &&
        (tokens_[at + 2].word == "other" || tokens_[at + 2].word == "remaining" ||
         is_rest_of_all(tokens_[at + 2].word)))
      return true;
  return false;
}

bool Sentence::can_be_left_out(std::size_t at) const {
  return tokens_[at].label || (tokens_[at].tells && names_.contains(tokens_[at].term.text));
}

void Sentence::leave_out(std::size_t at) {
  Token& token = tokens_[at];
  token.left_out = token.left_out || token.label;
  if (!std::exchange(token.tells, false)) return;
  token.left_out = is_left_out(at);
  token.of_all = token.left_out && (says_all_before(at) || keeps_others(at)) && names_.contains(token.term.text);
}

// "The ones and zeros" of "leave out the ones and zeros", "boots and bags" of "except sandals, boots and bags".
bool Sentence::continues_negated(std::size_t at, bool lists) const {
  auto i = at;
  if (tokens_[i].begins && (!lists || tokens_[i].breaks)) return false;
  // "Skip three to five".
  const auto is_end = [&](std::size_t end) {
    return end < tokens_.size() && (tokens_[end].number || tokens_[end].label);
  };
  if (is_range(tokens_[i].word)) return is_end(i + 1) && number_of(tokens_[i - 1].word).has_value();
  if (i > 1 && is_range(tokens_[i - 1].word)) return is_end(i);
  const bool joined = tokens_[i].begins || (i > 0 && (tokens_[i - 1].word == "and" || tokens_[i - 1].word == "or"));
  if (tokens_[i].word == "and" || tokens_[i].word == "or")
    ++i;
  else if (!joined && !is_determiner(tokens_[i - 1].word))
    return false;
  while (i < tokens_.size() && is_determiner(tokens_[i].word)) ++i;
  return i < tokens_.size() && can_be_left_out(i);
}

// "No two are alike" leaves no two out, "no one" none, and "not only sevens" the sevens neither.
bool Sentence::is_left_out(std::size_t at) const {
  const Token& token = tokens_[at];
  const auto before = at > 0 ? tokens_[at - 1].word : std::string();
  if (before == "only" || before == "just" || before == "merely" || token.word == "one") return false;
  return !token.number || before != "no" || is_plural(token.word) || is_digit(token.word[0]);
}

// "Letters aside", "the five excluded".
void Sentence::drop_aside() {
  for (std::size_t i = 1; i < tokens_.size(); ++i) {
    const bool ends = i + 1 == tokens_.size() || tokens_[i + 1].begins;
    if (!is_aside(tokens_[i].word) || tokens_[i].begins || !ends) continue;
    tokens_[i].tells = false;
    auto first = i;
    do leave_out(--first);
    while (first > 0 && !tokens_[first].begins);
  }
  drop_removed();
}

// "With the shirts and coats taken out", "clothes, shirts removed"; but not "the bags that people dropped".
void Sentence::drop_removed() {
  for (std::size_t i = 1; i < tokens_.size(); ++i) {
    if (tokens_[i].begins || !is_removed(tokens_[i].word, i + 1 < tokens_.size() ? tokens_[i + 1].word : "")) continue;
    auto first = i - 1;
    while (!tokens_[first].begins && tokens_[first].word != "with") --first;
    const auto end = i + 1 < tokens_.size() && tokens_[i + 1].word == "out" ? i + 2 : i + 1;
    const bool alone = first > 0 && first + 1 == i && (end == tokens_.size() || tokens_[end].begins);
    if (tokens_[first].word != "with" && !alone) continue;
    for (auto at = first; at < i; ++at) leave_out(at);
    tokens_[i].tells = false;
  }
}

// Before what is not wanted in "though boots and bags I can do without".
bool Sentence::is_item_of_list(std::size_t at) const {
  const Token& token = tokens_[at];
  const auto& term = token.term.text;
  if (token.tells) return (names_.contains(term) || others_.contains(term)) && !sets_.contains(term);
  return is_function_word(token.word) && !is_wanting(token.word) && !is_being(token.word) &&
         !is_denied_being(token.word) && !is_negation(token.word);
}

// "I don't want", "we can do without", "are not needed": of a clause that says nothing else.
bool Sentence::is_unwanted_at(std::size_t begin, std::size_t end) const {
  const auto& word = tokens_[begin].word;
  if (!is_unwanted(tokens_[end - 1].word) || !(is_wanting(word) || is_being(word) || is_denied_being(word)))
    return false;
  bool denied = false;
  for (auto i = begin; i < end; ++i)
    denied = denied || is_negation(tokens_[i].word) || is_denied_being(tokens_[i].word) || tokens_[i].word == "never";
  return denied && !tells(begin, end - 1);
}

bool Sentence::tells(std::size_t begin, std::size_t end) const {
  return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
                     tokens_.begin() + static_cast<std::ptrdiff_t>(end),
                     [](const Token& token) { return token.tells; });
}

// "Numbers I don't want", "shoes I can do without", "bags are not needed", where something else is wanted.
void Sentence::drop_unwanted() {
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

// "Auto" is a car in a list of vehicles, and nothing in "auto tag".
void Sentence::drop_prefixes() {
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
    if (tokens_[i].word == "auto" && !tokens_[i + 1].begins && is_counted(tokens_[i + 1])) tokens_[i].tells = false;
}

// "The number of visitors" is no number that one sees, "a pair of trousers" says no more than trousers; nor is what one
// figures out.
void Sentence::drop_amounts() {
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
    if ((tokens_[i].term.text == "number" && tokens_[i + 1].word == "of") ||
        (tokens_[i].word == "pair" && tokens_[i + 1].word == "of") ||
        (tokens_[i].term.text == "figure" && tokens_[i + 1].word == "out"))
      tokens_[i].tells = false;
}

// An adjective may stand between: "on old letters".
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
      if (before.tells && std::exchange(adjective, true)) break;
    }
  }
}

// "Three kinds of shoes" is not about threes, nor are "small ones" about ones; "which one" is not unless other numbers
// are. Of "3, 5 and 8 scribbles" the last is a number like the others.
void Sentence::drop_quantities() {
  const auto numbers = std::ranges::count_if(tokens_, &Token::number);
  const auto ones = std::ranges::count(tokens_, "one", &Token::word);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    Token& token = tokens_[i];
    if (!token.number) continue;
    const bool more = i + 1 < tokens_.size() && !tokens_[i + 1].begins;
    const auto listed = number_before(i);
    bool drops = false;
    if (token.word == "ones") {
      const bool joined =
          more && (is_contrast(tokens_[i + 1].word) || tokens_[i + 1].word == "and" || tokens_[i + 1].word == "n");
      drops = i > 0 && !token.begins && is_counted(tokens_[i - 1]) && !joined && !listed;
    } else if (!is_plural(token.word)) {
      const bool generic = more && is_generic_word(tokens_[i + 1].term.text);
      const bool said = i > 1 && tokens_[i - 1].word == "a" && is_being(tokens_[i - 2].word);
      // "Subset 2, 5, 7 cnn".
      const bool parts = i + 2 < tokens_.size() && is_network_part(tokens_[i + 2].word);
      const bool networks = listed && more && !parts && !is_plural(tokens_[i + 1].word) &&
                            (is_kind_of_network(tokens_[i + 1].word) || is_maker(tokens_[i + 1].word));
      drops = (more && !said && is_counted(tokens_[i + 1]) && (generic || !listed) && !networks) ||
              (token.word == "one" && (numbers == ones || is_pronoun(i))) ||
              (i > 0 && !token.begins && is_numbered_place(tokens_[i - 1].word));
      if (drops && generic && listed && !token.begins && !is_plural(tokens_[*listed].word))
        tokens_[*listed].tells = tokens_[*listed].number = false;
    }
    // "Which of the three", "those two apart".
    if (i > 0 && !is_plural(token.word) && is_letter(token.word[0])) {
      const auto& before = tokens_[i - 1].word;
      const bool ends = i + 1 == tokens_.size() || tokens_[i + 1].begins || is_telling_apart(tokens_[i + 1].word);
      if ((before == "the" && i > 1 && tokens_[i - 2].word == "of") || before == "other" || before == "remaining" ||
          (ends && (before == "the" || before == "these" || before == "those")))
        drops = true;
    }
    // "The nine other classes".
    if (more && !is_plural(token.word) &&
        (tokens_[i + 1].word == "other" || tokens_[i + 1].word == "others" || tokens_[i + 1].word == "remaining"))
      drops = true;
    drops = drops || is_of_setting(i) || is_told_from_all(i) || is_out_of(i) || is_code(i);
    if (drops) token.tells = token.number = false;
    if (drops && more && is_counted(tokens_[i + 1])) token.left_out = false;
  }
}

// "One versus rest", "1 vs all".
bool Sentence::is_told_from_all(std::size_t at) const {
  if (at + 2 >= tokens_.size() || (tokens_[at].word != "one" && tokens_[at].word != "1")) return false;
  const auto& last =
      tokens_[at + 2].word == "the" && at + 3 < tokens_.size() ? tokens_[at + 3].word : tokens_[at + 2].word;
  return is_contrast(tokens_[at + 1].word) && (last == "all" || is_rest_of_all(last));
}

// Both numbers of "one of three", "two out of ten", but not "one of three and five".
bool Sentence::is_out_of(std::size_t at) const {
  const auto word = [&](std::size_t i) { return i < tokens_.size() ? tokens_[i].word : std::string(); };
  const auto is_single = [&](std::size_t i) { return number_of(word(i)) && !is_plural(word(i)); };
  const auto is_last = [&](std::size_t i) {
    if (!is_single(i) || tokens_[i].begins) return false;
    const bool listed = is_joint(word(i + 1)) || is_contrast(word(i + 1)) || is_range(word(i + 1));
    const auto next = listed ? i + 2 : i + 1;
    return next >= tokens_.size() || !tokens_[next].number;
  };
  if (!is_single(at)) return false;
  if (word(at + 1) == "of" && is_last(at + 2)) return true;
  if (word(at + 1) == "out" && word(at + 2) == "of" && is_last(at + 3)) return true;
  if (at < 2 || word(at - 1) != "of" || !is_last(at)) return false;
  const auto before = word(at - 2);
  return is_single(at - 2) || before == "out" || before == "which" || before == "any";
}

// "If it is a cat then 1 else 0", "cats as 1, all others as 0".
bool Sentence::is_code(std::size_t at) const {
  const auto& word = tokens_[at].word;
  const auto before = at > 0 ? tokens_[at - 1].word : std::string();
  if (word != "0" && word != "1") return false;
  if (before == "then" || before == "else" || before == "otherwise" || before == "return" ||
      (at + 1 < tokens_.size() && tokens_[at + 1].word == "if"))
    return true;
  for (std::size_t i = 0; i < tokens_.size() && stands_for_answer(at); ++i)
    if (tokens_[i].word == (word == "0" ? "1" : "0") && stands_for_answer(i)) return true;
  return false;
}

// "As 1", "output 0", "1 for cats".
bool Sentence::stands_for_answer(std::size_t at) const {
  if (at + 1 < tokens_.size() && !tokens_[at + 1].begins && tokens_[at + 1].word == "for") return true;
  if (at == 0 || tokens_[at].begins) return false;
  const auto& before = tokens_[at - 1].word;
  return before == "as" || before == "say" || before == "label" || is_telling_result(before);
}

// "Depth 8", "width of 64".
bool Sentence::is_of_setting(std::size_t at) const {
  auto before = at;
  while (before > 0 && !tokens_[before].begins && is_saying(tokens_[before - 1].word)) --before;
  return before > 0 && is_setting(tokens_[before - 1].word) && !(tokens_[at].begins && !tokens_[at].breaks);
}

// "Which one?", "a convolutional one", "any one of".
bool Sentence::is_pronoun(std::size_t at) const {
  if (at == 0 || tokens_[at].begins) return false;
  const bool ends = at + 1 == tokens_.size() || tokens_[at + 1].begins || is_being(tokens_[at + 1].word);
  if (!ends && tokens_[at + 1].word == "of") return true;
  return ends && (tokens_[at - 1].word == "which" || is_generic_word(tokens_[at - 1].term.text));
}

// The number that a list has before the one at a place: of "3 or 4", "3, 4", "3 up to 4".
std::optional<std::size_t> Sentence::number_before(std::size_t at) const {
  if (at > 0 && tokens_[at].begins && !tokens_[at].breaks && tokens_[at - 1].number) return at - 1;
  if (at > 0 && !tokens_[at].begins && tokens_[at - 1].number) return at - 1;
  if (at < 2) return std::nullopt;
  const auto& between = tokens_[at - 1].word;
  const bool joined = is_contrast(between) || is_range(between) || between == "and" || between == "n";
  if (joined && tokens_[at - 2].number) return at - 2;
  if (is_range(between) && at > 2 && tokens_[at - 2].word == "up" && tokens_[at - 3].number) return at - 3;
  return std::nullopt;
}

}  // namespace weightloom
