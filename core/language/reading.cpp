#include "weightloom/language/reading.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "vocabulary.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {
namespace {

// Cosines below say nothing: words of no common subject have up to so much.
constexpr double kUnrelated = 0.15;
// Between a word that fits a little and one that fits well: evidence adds up, hints do not.
constexpr double kSharpness = 1.5;
// What a description says counts a little less than a keyword, a class in between.
constexpr double kOfDescription = 0.9, kOfClass = 0.95;
// The least certainty, how far the runner-up must stay behind, and how far other subjects may be ahead.
// The share of what speaks for the best one that words beside it may have.
constexpr double kMoreSaid = 0.3;
constexpr double kLeast = 0.12, kLead = 1.4, kOther = 0.9;
// A class is named by a word that is so close to its name, and by so much closer than to any other class's.
constexpr double kNamesClass = 0.6, kNamesNoOther = 0.12;
// Rarity of words that the vectors lack, half of it where no card has them either: they are seldom what matters.
constexpr double kRare = 11;
// Of a word that is shown, in columns.
constexpr std::size_t kLongestWord = 32;

struct Term {
  std::string text;
  std::optional<std::size_t> index;  // of the vectors
};

// Vectors, and what is close without them.
class Meanings {
 public:
  explicit Meanings(const WordVectors& words) : words_(words) {}

  Term term(std::string text) const {
    auto index = words_.find(text);
    return {std::move(text), index};
  }
  std::string lemma(std::string_view word) const { return words_.lemma(word); }
  bool knows(std::string_view text) const { return words_.find(text).has_value(); }
  double rarity(const Term& term) const { return term.index ? words_.rarity(*term.index) : kRare; }
  double closeness(const Term& a, const Term& b) const {
    if (a.text == b.text) return 1;
    return a.index && b.index ? words_.closeness(*a.index, *b.index) : 0;
  }
  double closeness(const Term& term, const std::vector<Term>& others) const {
    double best = 0;
    for (const Term& other : others) best = std::max(best, closeness(term, other));
    return best;
  }

 private:
  const WordVectors& words_;
};

double evidence(double closeness) {
  return std::pow(std::max(0.0, closeness - kUnrelated) / (1 - kUnrelated), kSharpness);
}

bool tells_something(const std::string& term) {
  return term.size() > 1 && !is_function_word(term) && !is_generic_word(term);
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// Base forms of the words of a card's phrase, and "ankle_boot" for two words where the vectors know them as one. What
// says nothing elsewhere, such as "tool", may be what a keyword or a class says.
std::vector<Term> terms_of(const std::string& phrase, const Meanings& meanings, bool is_name = true) {
  std::string text = phrase;
  std::vector<Term> terms;
  if (phrase.find('_') != std::string::npos) terms.push_back(meanings.term(phrase));
  std::ranges::replace(text, '_', ' ');
  const auto words = split_words(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto lemma = meanings.lemma(words[i]);
    if (i + 1 < words.size() && meanings.knows(words[i] + '_' + meanings.lemma(words[i + 1])))
      terms.push_back(meanings.term(words[i] + '_' + meanings.lemma(words[i + 1])));
    if (phrase.find('_') == std::string::npos && (is_name ? !is_function_word(lemma) : tells_something(lemma)))
      terms.push_back(meanings.term(lemma));
  }
  return terms;
}

// A card whose words were looked up.
struct Subjects {
  const Card* card;
  std::vector<Term> keywords, description;
  std::vector<std::vector<Term>> classes;
  bool numbered = false;  // classes are numbers, so that "three to five" is a range of them
};

Subjects look_up(const Card& card, const Meanings& meanings) {
  Subjects out{&card, {}, terms_of(card.description, meanings, false), {}, false};
  for (const auto& keyword : card.keywords)
    for (auto& term : terms_of(keyword, meanings)) out.keywords.push_back(std::move(term));
  // A folder is called by its last part.
  const std::string folder = std::filesystem::path(card.name).filename().string();
  for (const auto& word : split_words(folder)) out.keywords.push_back(meanings.term(word));
  std::string spelling = folder;
  std::erase_if(spelling, [](char c) { return c == '-' || c == '_' || c == ' '; });
  out.keywords.push_back(meanings.term(spelling));
  std::int64_t numbers = 0;
  for (const auto& name : card.classes) {
    if (const auto number = number_of(name)) {
      out.classes.push_back({meanings.term(number_word(*number))});
      ++numbers;
      continue;
    }
    auto terms = terms_of(name, meanings);
    // "ankle boot" is a boot: of several words the last one names it, and all of them together.
    if (terms.size() > 2) terms.erase(terms.begin() + 1, terms.end() - 1);
    out.classes.push_back(std::move(terms));
  }
  for (std::size_t c = 0; c < std::min(card.aliases.size(), out.classes.size()); ++c)
    for (const auto& alias : card.aliases[c]) out.classes[c].push_back(meanings.term(alias));
  out.numbered = numbers == static_cast<std::int64_t>(card.classes.size()) && numbers > 0;
  return out;
}

// An instruction as a sequence: what says nothing of the subject is there for its place only.
struct Token {
  std::string word;  // as it was written, in lower case
  Term term;
  bool tells = false;
  bool number = false;
  bool begins = false;  // a clause: a comma or the like stands before it
};

class Sentence {
 public:
  Sentence(std::string_view text, const std::vector<Subjects>& subjects, const Meanings& meanings)
      : meanings_(meanings) {
    collect_spellings(subjects);
    const std::string prepared = separated(text);
    for (std::size_t begin = 0; begin < prepared.size();) {
      const auto end = std::min(prepared.find_first_of(",;:.?!()", begin), prepared.size());
      add_clause(split_words(std::string_view(prepared).substr(begin, end - begin)));
      begin = end + 1;
    }
    drop_negated();
    drop_quantities();
    drop_amounts();
  }

  const std::vector<Token>& tokens() const { return tokens_; }
  // Words that say what it is about.
  std::vector<Token> content() const {
    std::vector<Token> out;
    for (const Token& token : tokens_)
      if (token.tells) out.push_back(token);
    return out;
  }
  const std::vector<std::string>& unknown() const { return unknown_; }
  bool has(bool (*is)(std::string_view)) const {
    return std::ranges::any_of(tokens_, [&](const Token& token) { return is(token.word); });
  }

 private:
  // "0-9" is a range, "e.g." one word.
  static std::string separated(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
      if (text[i] == '-' && i > 0 && digit(i - 1) && digit(i + 1))
        out += " to ";
      else if (text.substr(i, 4) == "e.g.")
        out += "eg", i += 3;
      else if (text.substr(i, 3) == "...")
        out += " etc ", i += 2;
      else if (text[i] == '/')
        out += " / ";
      else
        out += text[i];
    }
    return out;
  }

  void collect_spellings(const std::vector<Subjects>& subjects) {
    const auto add_all = [&](const std::vector<Term>& terms) {
      for (const Term& term : terms) {
        cards_.insert(term.text);
        if (term.text.find('_') != std::string::npos) compounds_.insert(term.text);
      }
    };
    for (const Subjects& subject : subjects) {
      add_all(subject.keywords);
      for (const auto& terms : subject.classes) add_all(terms);
    }
    names_ = cards_;
    for (const Subjects& subject : subjects) add_all(subject.description);
    spellings_ = cards_;
    for (const auto& subject : other_subjects())
      for (const auto& term : subject.terms) {
        spellings_.insert(term);
        if (term.find('_') != std::string::npos) compounds_.insert(term);
      }
    spellings_.insert(generic_words().begin(), generic_words().end());
  }

  void add_clause(const std::vector<std::string>& words) {
    const auto first = tokens_.size();
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string both = i + 1 < words.size() ? words[i] + '_' + meanings_.lemma(words[i + 1]) : std::string();
      if (compounds_.contains(both)) {
        tokens_.push_back({words[i] + ' ' + words[i + 1], meanings_.term(both), true});
        ++i;
      } else {
        add(words[i]);
      }
    }
    if (tokens_.size() > first) tokens_[first].begins = true;
  }

  bool is_known(const std::string& term) const { return meanings_.knows(term) || cards_.contains(term); }

  void add(const std::string& word) {
    if (const auto number = number_of(word)) {
      const auto name = number_word(*number);
      tokens_.push_back({word, meanings_.term(name), names_.contains(name), true});
      return;
    }
    if (word[0] >= '0' && word[0] <= '9') {
      tokens_.push_back({word, {word, {}}, false});
      return;
    }
    if (is_function_word(word)) {
      tokens_.push_back({word, {word, {}}, false});
      return;
    }
    const auto forms = base_forms(word, {});
    const auto of_card = std::ranges::find_if(forms, [&](const auto& form) { return cards_.contains(form); });
    std::string term = of_card != forms.end() ? *of_card : meanings_.lemma(word);
    if (!is_known(term) && !is_generic_word(term) && word.find('-') != std::string::npos) {
      std::string parts = word;
      std::ranges::replace(parts, '-', ' ');
      for (const auto& part : split_words(parts)) add(part);
      return;
    }
    if (!is_known(term) && !is_generic_word(term)) term = respelt(term).value_or(term);
    const bool known = is_known(term) || is_generic_word(term);
    if (!known && word.size() > 1) unknown_.push_back(cut_to_width(printable(word), kLongestWord));
    // "Tool" says nothing, unless tools are what there is to tell apart.
    tokens_.push_back({word, meanings_.term(term), known && (names_.contains(term) || tells_something(term))});
  }

  // The word of a card, or a generic one, that was meant: one slip in short words, two in long ones.
  std::optional<std::string> respelt(const std::string& word) const {
    if (word.size() < 4) return std::nullopt;
    const std::size_t slips = word.size() < 8 ? 1 : 2;
    std::size_t least = slips + 1;
    std::optional<std::string> best;
    for (const auto& known : spellings_) {
      if (known.size() < 4 || known.size() + slips < word.size() || known.size() > word.size() + slips) continue;
      if (const auto distance = edit_distance(word, known); distance < least) {
        least = distance;
        best = known;
      }
    }
    return best;
  }

  void drop_negated() {
    bool negated = false;
    for (Token& token : tokens_) {
      if (is_negation(token.word)) negated = true;
      if (!token.tells || !negated) continue;
      token.tells = false;
      negated = false;
    }
  }

  // "The number of visitors" is no number that one sees.
  void drop_amounts() {
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
      if (tokens_[i].term.text == "number" && tokens_[i + 1].word == "of") tokens_[i].tells = false;
  }

  static bool is_counted(const Token& token) {
    return !token.number && !is_contrast(token.word) && !is_negation(token.word) && !is_function_word(token.word) &&
           !is_function_word(token.term.text);
  }

  // "Three kinds of shoes" is not about threes; "which one" is not about ones unless other numbers are.
  void drop_quantities() {
    const auto numbers = std::ranges::count_if(tokens_, &Token::number);
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!tokens_[i].number) continue;
      const bool counts = i + 1 < tokens_.size() && !tokens_[i + 1].begins && is_counted(tokens_[i + 1]);
      if (counts || (tokens_[i].word == "one" && numbers == 1)) tokens_[i].tells = false;
    }
  }

  const Meanings& meanings_;
  std::set<std::string> names_, cards_, compounds_, spellings_;
  std::vector<Token> tokens_;
  std::vector<std::string> unknown_;
};

// How much of the words each card, and each other subject, accounts for.
class Scores {
 public:
  Scores(const Sentence& sentence, const std::vector<Subjects>& subjects, const Meanings& meanings)
      : content_(sentence.content()) {
    for (const Token& token : content_) {
      weights_.push_back(meanings.rarity(token.term));
      total_ += weights_.back();
    }
    total_ += kRare / 2 * static_cast<double>(sentence.unknown().size());
    for (const Subjects& subject : subjects) {
      std::vector<Term> classes;
      for (const auto& terms : subject.classes) classes.insert(classes.end(), terms.begin(), terms.end());
      add(subject.card->name, meanings, [&](const Term& term) {
        return evidence(std::max({meanings.closeness(term, subject.keywords),
                                  kOfDescription * meanings.closeness(term, subject.description),
                                  kOfClass * meanings.closeness(term, classes)}));
      });
    }
    cards_ = subjects.size();
    for (const Subject& subject : other_subjects()) {
      std::vector<Term> terms;
      for (const auto& term : subject.terms) terms.push_back(meanings.term(term));
      add(subject.name, meanings, [&](const Term& term) { return evidence(meanings.closeness(term, terms)); });
    }
  }

  std::size_t best() const { return best_in(0, cards_, entries_.size()); }
  std::size_t second() const { return best_in(0, cards_, best()); }
  std::size_t best_other() const { return best_in(cards_, entries_.size(), entries_.size()); }
  // entries_.size() where there is none.
  double score(std::size_t entry) const { return entry < entries_.size() ? entries_[entry].score : 0; }
  const std::string& name(std::size_t entry) const { return entries_[entry].name; }
  std::size_t size() const { return entries_.size(); }

  // The entry that accounts for words that the best one cannot account for, where these say much beside the others, and
  // the first of those words; nothing where there is none.
  std::optional<std::pair<std::string, std::string>> unaccounted(const Meanings& meanings) const {
    const Entry& own = entries_[best()];
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      double more = 0;
      std::string first;
      for (std::size_t i = 0; i < content_.size(); ++i) {
        if (entries_[e].evidence[i] < 0.8 || own.evidence[i] > 0.25 * entries_[e].evidence[i]) continue;
        more += entries_[e].evidence[i] * meanings.rarity(content_[i].term);
        if (first.empty()) first = content_[i].word;
      }
      if (more > kMoreSaid * own.score * total_) return std::pair{first, entries_[e].name};
    }
    return std::nullopt;
  }

  // An entry's score without the words that `is` picks.
  template <class Is>
  double without(std::size_t entry, const Is& is) const {
    double score = entries_[entry].score;
    for (std::size_t i = 0; i < content_.size(); ++i)
      if (is(content_[i])) score -= entries_[entry].evidence[i] * weights_[i] / total_;
    return score;
  }

  // The words that speak for an entry, the strongest first.
  std::vector<std::string> because(std::size_t entry, const Meanings& meanings) const {
    std::vector<std::pair<double, std::string>> found;
    for (std::size_t i = 0; i < content_.size(); ++i)
      if (const double weight = entries_[entry].evidence[i] * meanings.rarity(content_[i].term); weight > 0.5)
        found.emplace_back(-weight, content_[i].word);
    std::ranges::stable_sort(found, {}, &std::pair<double, std::string>::first);
    std::vector<std::string> out;
    for (auto& [weight, word] : found)
      if (std::ranges::find(out, word) == out.end()) out.push_back(std::move(word));
    return out;
  }

 private:
  struct Entry {
    std::string name;
    std::vector<double> evidence;  // of each word
    double score = 0;
  };

  template <class Fits>
  void add(const std::string& name, const Meanings& meanings, const Fits& fits) {
    Entry entry{name, {}, 0};
    for (const Token& token : content_) {
      entry.evidence.push_back(fits(token.term));
      entry.score += entry.evidence.back() * meanings.rarity(token.term);
    }
    if (total_ > 0) entry.score /= total_;
    entries_.push_back(std::move(entry));
  }

  std::size_t best_in(std::size_t begin, std::size_t end, std::size_t without) const {
    std::size_t best = entries_.size();
    for (auto e = begin; e < end; ++e)
      if (e != without && (best == entries_.size() || entries_[e].score > entries_[best].score)) best = e;
    return best;
  }

  std::vector<Token> content_;
  std::vector<double> weights_;  // of each, its rarity
  double total_ = 0;
  std::vector<Entry> entries_;
  std::size_t cards_ = 0;
};

// The class that a word names; nothing where it names none, or several alike.
std::optional<std::int64_t> class_named(const Token& token, const Subjects& subject, const Meanings& meanings) {
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

// Classes in the order in which they are named.
std::vector<std::int64_t> classes_named(const Sentence& sentence, const Subjects& subject, const Meanings& meanings,
                                        std::size_t& other_words) {
  std::vector<std::int64_t> classes;
  bool range = false;
  std::optional<std::int64_t> last;
  const auto add = [&](std::int64_t c) {
    if (std::ranges::find(classes, c) == classes.end()) classes.push_back(c);
  };
  other_words = 0;
  for (const Token& token : sentence.tokens()) {
    if (!token.tells) {
      range = last && subject.numbered && (token.word == "to" || token.word == "through" || token.word == "until");
      continue;
    }
    const auto named = class_named(token, subject, meanings);
    if (!named) {
      other_words += meanings.closeness(token.term, subject.keywords) < 0.8;
      last.reset();
      range = false;
      continue;
    }
    if (range)
      for (auto c = *last; c < *named; ++c) add(c);
    add(*named);
    last = named;
    range = false;
  }
  return classes;
}

// The word that a class is set against and that is none: "a skirt" of "a skirt or trousers".
std::optional<std::string> set_against_class(const Sentence& sentence, const Subjects& subject,
                                             const Meanings& meanings) {
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].word != "or" && tokens[i].word != "vs" && tokens[i].word != "versus") continue;
    const auto tells = [](const Token& token) { return token.tells; };
    const auto after = std::find_if(tokens.begin() + static_cast<std::ptrdiff_t>(i), tokens.end(), tells);
    const auto before = std::find_if(tokens.rend() - static_cast<std::ptrdiff_t>(i), tokens.rend(), tells);
    if (after == tokens.end() || before == tokens.rend()) continue;
    const bool first = class_named(*before, subject, meanings).has_value(),
               second = class_named(*after, subject, meanings).has_value();
    if (first != second) return first ? after->word : before->word;
  }
  return std::nullopt;
}

Error nothing_said(const std::string& instruction, const std::vector<std::string>& unknown) {
  return {ErrorCode::kUsage, "instruction.nothing",
          "the instruction does not say what the pictures show: '" + cut_to_width(printable(instruction), 60) + "'",
          unknown.empty() ? "none of its words is about a subject" : "nothing is known of: " + joined(unknown, ", "),
          "name what is to be told apart, such as \"handwritten digits\", or give examples with --data"};
}

}  // namespace

std::string Reading::data() const {
  if (classes.empty()) return source;
  std::vector<std::string> numbers;
  for (const auto c : classes) numbers.push_back(std::to_string(c));
  return source + '[' + joined(numbers, ",") + ']';
}

Reading read_instruction(std::string_view instruction, const std::vector<Card>& cards, const WordVectors& words) {
  const std::string text(instruction.substr(0, kLongestInstruction));
  const Meanings meanings(words);
  std::vector<Subjects> subjects;
  std::vector<std::string> names;
  for (const Card& card : cards) {
    subjects.push_back(look_up(card, meanings));
    names.push_back(card.name);
  }
  const Sentence sentence(text, subjects, meanings);
  if (cards.empty() || sentence.content().empty()) throw nothing_said(text, sentence.unknown());
  const Scores scores(sentence, subjects, meanings);
  const auto best = scores.best();
  const auto unclear = [&](const std::string& why) {
    return Error(ErrorCode::kUsage, "instruction.unclear",
                 "cannot tell what is wanted by '" + cut_to_width(printable(text), 60) + "'", why,
                 "say it in other words, or name one with --data; there are: " + joined(names, ", "));
  };
  const auto percent = [&](std::size_t entry) { return std::to_string(std::lround(100 * scores.score(entry))) + " %"; };
  if (scores.score(best) < kLeast)
    throw unclear("no data set accounts for its words; the nearest is '" + scores.name(best) + "', at " +
                  percent(best));
  if (const auto second = scores.second(); second < scores.size() && scores.score(best) < kLead * scores.score(second))
    throw unclear("it may be about '" + scores.name(best) + "' (" + percent(best) + ") or '" + scores.name(second) +
                  "' (" + percent(second) + ")");
  if (const auto other = scores.best_other(); scores.score(best) < kOther * scores.score(other))
    throw unclear("it seems to be about " + scores.name(other));
  if (const auto rest = scores.unaccounted(meanings))
    throw unclear("'" + rest->first + "' is of '" + rest->second + "', not of '" + scores.name(best) + "'");

  const Subjects& subject = subjects[best];
  Reading reading{scores.name(best), {}, scores.score(best), scores.because(best, meanings), sentence.unknown()};
  std::size_t other_words = 0;
  const auto named = classes_named(sentence, subject, meanings, other_words);
  const bool listed = !sentence.has(is_open_list) && named.size() < subject.classes.size();
  if (named.size() == 1)
    if (const auto other = set_against_class(sentence, subject, meanings))
      throw Error(
          ErrorCode::kUsage, "instruction.classes", "'" + *other + "' is no class of '" + subject.card->name + "'",
          "the instruction sets it against '" + subject.card->classes[static_cast<std::size_t>(named.front())] + "'",
          "its classes are: " + joined(subject.card->classes, ", "));
  if (named.size() == 1 && scores.without(best, [&](const Token& token) {
        return class_named(token, subject, meanings).has_value();
      }) < kLeast)
    throw Error(ErrorCode::kUsage, "instruction.classes",
                "the instruction names nothing of '" + subject.card->name + "' but '" +
                    subject.card->classes[static_cast<std::size_t>(named.front())] + "'",
                "one class alone leaves nothing to tell apart", "say from what it is to be told, or name the whole");
  // Who writes "four and nine" means these, whatever else is said; "shirts and shoes" may be any clothes.
  if (named.size() >= 2 && listed && (subject.numbered || other_words == 0 || sentence.has(is_contrast)))
    reading.classes = named;
  return reading;
}

}  // namespace weightloom
