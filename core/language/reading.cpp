#include "weightloom/language/reading.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "architecture_kinds.hpp"
#include "bracketed_set.hpp"
#include "characters.hpp"
#include "class_list.hpp"
#include "equation.hpp"
#include "looks.hpp"
#include "sentence.hpp"
#include "task.hpp"
#include "vocabulary.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"
#include "wish.hpp"

namespace weightloom {
namespace {

// Cosines below say nothing: words of no common subject have up to so much.
constexpr double kUnrelated = 0.15;
// Between a word that fits a little and one that fits well: evidence adds up, hints do not.
constexpr double kSharpness = 1.5;
// What a description says counts a little less than a keyword, a class in between.
constexpr double kOfDescription = 0.9, kOfClass = 0.95;
// The least certainty, how far the runner-up must stay behind, and how far other subjects may be ahead.
constexpr double kLeast = 0.12, kLead = 1.4, kOther = 0.9;
// The least certainty where none of its very words is said.
constexpr double kLeastOfLike = 0.18;
// Where none of its very words is said, what is said has to be so like them.
constexpr double kLeastLikeness = 0.5;
// The share of what speaks for the best one that words beside it may have.
constexpr double kMoreSaid = 0.3;
// The same where the set is named, or classes are set against each other by their own names.
constexpr double kMoreBesideName = 0.6;
// A word has to do with the whole set if it is so close to one of its keywords.
constexpr double kNearWhole = 0.5;

// What the kind is asked of counts so many times: "what kind of clothing".
constexpr double kOfAsked = 2;

// The certainty of what is known by its looks alone.
constexpr double kOfLooks = 0.5;

// What words say beyond so much, in the unit of rarities, some eight words of them, counts in part.
constexpr double kStory = 60, kOfStory = 0.4;

double evidence(double closeness) {
  return std::pow(std::max(0.0, closeness - kUnrelated) / (1 - kUnrelated), kSharpness);
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

bool names_set(const Token& token, const Subjects& subject) {
  return std::ranges::find(subject.names, token.term.text) != subject.names.end();
}

// How much of the words each card, and each other subject, accounts for.
class Scores {
 public:
  Scores(const Sentence& sentence, const std::vector<Subjects>& subjects, const Meanings& meanings)
      : content_(sentence.content()) {
    for (const Token& token : content_) {
      weights_.push_back((token.asked ? kOfAsked : 1) * meanings.rarity(token.term));
      total_ += weights_.back();
    }
    total_ += kRare / 2 * static_cast<double>(sentence.unknown().size());
    // A long story has much beside what it is about.
    if (total_ > kStory) total_ = kStory + kOfStory * (total_ - kStory);
    for (const Subjects& subject : subjects) {
      std::vector<Term> classes;
      for (const auto& terms : subject.classes) classes.insert(classes.end(), terms.begin(), terms.end());
      add(subject.card->name, [&](const Term& term) {
        return evidence(std::max({meanings.closeness(term, subject.keywords),
                                  kOfDescription * meanings.closeness(term, subject.description),
                                  kOfClass * meanings.closeness(term, classes)}));
      });
    }
    cards_ = subjects.size();
    for (std::size_t s = 0; s < cards_; ++s)
      if (are_all_named(subjects[s])) covered_.insert(s);
    for (std::size_t s = 0; s < cards_ && !named_; ++s)
      if (std::ranges::any_of(content_, [&](const Token& token) { return names_set(token, subjects[s]); })) named_ = s;
    for (const Subject& subject : other_subjects()) {
      std::vector<Term> terms;
      for (const auto& term : subject.terms) terms.push_back(meanings.term(term));
      add(subject.name, [&](const Term& term) { return evidence(meanings.closeness(term, terms)); });
    }
  }

  // The one that is named by its own name, whatever else is said; else the one that accounts for most.
  std::size_t best() const { return named_ ? *named_ : best_in(0, cards_, entries_.size()); }
  bool is_named() const { return named_.has_value(); }
  // Whether groups of the best one are named that are all of it: "animals and vehicles".
  bool is_covered() const { return covered_.contains(best()); }
  std::size_t second() const { return best_in(0, cards_, best()); }
  std::size_t best_other() const { return best_in(cards_, entries_.size(), entries_.size()); }
  // entries_.size() where there is none.
  double score(std::size_t entry) const { return entry < entries_.size() ? entries_[entry].score : 0; }
  const std::string& name(std::size_t entry) const { return entries_[entry].name; }
  std::size_t size() const { return entries_.size(); }

  // How many of the words are its very own.
  std::size_t own_words(std::size_t entry) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(entries_[entry].evidence, [](double e) { return e >= kOfDescription; }));
  }

  // The entry that accounts for words that the best one cannot account for, where these say much beside the others, and
  // the first of those words; nothing where there is none.
  std::optional<std::pair<std::string, std::string>> unaccounted(double of_cards, double of_others) const {
    const Entry& own = entries_[best()];
    for (std::size_t e = 0; e < entries_.size(); ++e) {
      double more = 0;
      std::string first;
      for (std::size_t i = 0; i < content_.size(); ++i) {
        if (content_[i].place || content_[i].aside || entries_[e].evidence[i] < (e < cards_ ? 0.9 : 1.0) ||
            own.evidence[i] > 0.25 * entries_[e].evidence[i])
          continue;
        more += entries_[e].evidence[i] * weights_[i];
        if (first.empty()) first = content_[i].word;
      }
      if (more > (e < cards_ ? of_cards : of_others) * own.score * total_) return std::pair{first, entries_[e].name};
    }
    return std::nullopt;
  }

  // How like its words the words are, all of them together, each once: "hm, hm, hm" says no more than "hm".
  double likeness(std::size_t entry) const {
    double sum = 0;
    for (std::size_t i = 0; i < content_.size(); ++i) {
      const auto same = std::ranges::find(content_, content_[i].word, &Token::word);
      if (same == content_.begin() + static_cast<std::ptrdiff_t>(i)) sum += entries_[entry].evidence[i];
    }
    return sum;
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
  std::vector<std::string> because(std::size_t entry) const {
    std::vector<std::pair<double, std::string>> found;
    for (std::size_t i = 0; i < content_.size(); ++i)
      if (const double weight = entries_[entry].evidence[i] * weights_[i]; weight > 0.5)
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

  bool are_all_named(const Subjects& subject) const {
    std::set<std::int64_t> classes;
    for (const Token& token : content_)
      if (const auto group = group_named(token.term, subject))
        classes.insert(subject.groups[*group].classes.begin(), subject.groups[*group].classes.end());
    return !classes.empty() && classes.size() == subject.classes.size();
  }

  template <class Fits>
  void add(const std::string& name, const Fits& fits) {
    Entry entry{name, {}, 0};
    for (const Token& token : content_) {
      entry.evidence.push_back(fits(token.term));
      entry.score += entry.evidence.back() * weights_[entry.evidence.size() - 1];
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
  std::optional<std::size_t> named_;
  std::set<std::size_t> covered_;
};

// "Draw me a picture", "make new pictures of", but not "make a picture sorter" or "a net for pictures".
bool asks_for_pictures(const std::vector<Token>& tokens, std::size_t at) {
  const bool draws = is_drawing(tokens[at].word);
  if (!draws && !is_making(tokens[at].word)) return false;
  while (++at < tokens.size() && !tokens[at].begins) {
    const auto& word = tokens[at].word;
    if (is_picture(word))
      return draws || (word.ends_with('s') && at + 1 < tokens.size() && tokens[at + 1].word == "of");
    if (word != "new" && word != "more" && word != "some" && word != "me" && word != "us" && word != "a") return false;
  }
  return false;
}

// "Parameter count", "a count of at most 20,000 parameters".
bool counts_network_parts(const std::vector<Token>& tokens, std::size_t at) {
  if (at > 0 && !tokens[at].begins && is_network_part(tokens[at - 1].word)) return true;
  if (tokens[at + 1].word != "of") return false;
  for (auto i = at + 2; i < std::min(at + 7, tokens.size()) && !tokens[i].begins; ++i)
    if (is_network_part(tokens[i].word)) return true;
  return false;
}

// "Before the count tonight", "the auditors count the slips": no order.
bool is_told(const std::vector<Token>& tokens, std::size_t at) {
  if (counts_network_parts(tokens, at)) return true;
  if (at == 0 || tokens[at].begins) return false;
  const Token& before = tokens[at - 1];
  if (is_determiner(before.word)) return tokens[at + 1].word != "of";
  // "The warehouse count sheets".
  return before.tells && (is_plural(before.word) || !before.begins);
}

// "Count the people", "how many", but not "a note with how many".
std::optional<std::string> other_task(const Sentence& sentence) {
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].word == "how" && tokens[i + 1].word == "many" && (i == 0 || !is_noting(tokens[i - 1].word)))
      return "how many";
    if (is_other_task(tokens[i].word) && !is_told(tokens, i) && !tokens[i + 1].begins && tokens[i + 1].word != "on" &&
        tokens[i + 1].word != "as" && tokens[i + 1].word != "me")
      return tokens[i].word;
    if (tokens[i].word == "add" && tokens[i + 1].word == "up") return "add up";
    if (tokens[i].word == "super" && tokens[i + 1].word.starts_with("resol")) return "super-resolution";
    if (asks_for_pictures(tokens, i)) return tokens[i].word + " pictures";
  }
  return std::nullopt;
}

bool says_network(const Sentence& sentence) {
  return std::ranges::any_of(sentence.tokens(),
                             [](const Token& token) { return is_kind_of_network(token.word) || is_maker(token.word); });
}

Error nothing_said(const std::string& instruction, const std::vector<std::string>& unknown) {
  return {ErrorCode::kUsage, "instruction.nothing",
          "the instruction does not say what the pictures show: '" + cut_to_width(printable(instruction), 60) + "'",
          unknown.empty() ? "none of its words is about a subject" : "nothing is known of: " + joined(unknown, ", "),
          "name what is to be told apart, such as \"handwritten digits\", or give examples with --data"};
}

Error no_such_task(const std::string& task) {
  return {ErrorCode::kUsage, "instruction.task", "'" + task + "' asks for something else than what a picture shows",
          "networks here tell which of some kinds of things a picture is of", "name what is to be told apart"};
}

Error not_clear(const std::string& text, const std::string& why, const std::vector<std::string>& names) {
  return {ErrorCode::kUsage, "instruction.unclear",
          "cannot tell what is wanted by '" + cut_to_width(printable(text), 60) + "'", why,
          "say it in other words, or name one with --data; there are: " + joined(names, ", ")};
}

// The card that a class is of that a word from `at` on names, within a few words.
std::optional<std::pair<std::string, const Card*>> card_near(const std::vector<Token>& tokens, std::size_t at,
                                                             std::ptrdiff_t direction,
                                                             const std::vector<Subjects>& subjects,
                                                             const Meanings& meanings) {
  for (std::size_t steps = 0; steps < 4 && at < tokens.size(); ++steps, at += static_cast<std::size_t>(direction))
    for (const Subjects& subject : subjects)
      if (tokens[at].tells && class_named(tokens[at], subject, meanings)) return {{tokens[at].word, subject.card}};
  return std::nullopt;
}

Error two_sets(const std::string& first, const Card& its_card, const std::string& second, const Card& other_card) {
  return {ErrorCode::kUsage, "instruction.sets", "the instruction names classes of two data sets",
          "'" + first + "' is of '" + its_card.name + "', '" + second + "' of '" + other_card.name +
              "'; images of the two differ in how they were taken and standardised",
          "put images of both kinds into one folder, a sub-folder for each, and give it with --data"};
}

// The card that has a class of the very name; none for a number, which may count anything.
const Card* card_of_class(const Token& token, const std::vector<Subjects>& subjects) {
  if (!token.tells || token.place || (token.number && !is_plural(token.word))) return nullptr;
  for (const Subjects& subject : subjects)
    for (const auto& terms : subject.classes)
      if (std::ranges::find(terms, token.term.text, &Term::text) != terms.end()) return subject.card;
  return nullptr;
}

// "And", "or a", between two of a list.
bool joins_items(const Token& token) {
  return !token.tells && !token.breaks &&
         (is_joint(token.word) || token.word == "or" || is_versus(token.word) || is_determiner(token.word));
}

// What "thirty" and "30" count; 0 for what is no number, and for more than two digits, which may be of anything.
std::size_t count_said(std::string_view word) {
  static const std::map<std::string_view, std::size_t> tens{{"twenty", 20}, {"thirty", 30}, {"forty", 40}};
  if (const auto ten = tens.find(word); ten != tens.end()) return ten->second;
  return word.size() == 2 && is_digit(word[0]) && is_digit(word[1])
             ? static_cast<std::size_t>(10 * (word[0] - '0') + word[1] - '0')
             : 0;
}

// "One classifier for the two sets", "both collections together".
void expect_not_several_sets(const Sentence& sentence) {
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const auto &count = tokens[i - 1].word, &word = tokens[i].word;
    const bool several = count == "two" || count == "both" || count == "three" || count == "2" || count == "3";
    const bool of = i + 1 < tokens.size() && tokens[i + 1].word == "of" && !tokens[i + 1].begins;
    if (several && !of && !tokens[i].begins && (word == "sets" || word == "datasets" || word == "collections"))
      throw Error(ErrorCode::kUsage, "instruction.sets", "the instruction speaks of several data sets",
                  "'" + count + ' ' + word + "'; a network here is for one", "name one of them");
  }
}

// "Thirty outputs", where there are ten classes.
void expect_no_more_classes(const Sentence& sentence, const Subjects& subject) {
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const auto &count = tokens[i - 1].word, &word = tokens[i].word;
    const bool counts = word == "classes" || word == "categories" || word == "outputs" || word == "labels";
    const auto next = i + 1 < tokens.size() && !tokens[i + 1].begins ? std::string_view(tokens[i + 1].word) : "";
    if (counts && !tokens[i].begins && next != "of" && !is_place_before(next) &&
        count_said(count) > subject.classes.size())
      throw Error(ErrorCode::kUsage, "instruction.sets",
                  "'" + subject.card->name + "' has " + std::to_string(subject.classes.size()) + " classes",
                  "the instruction speaks of '" + count + ' ' + word + "'", "name classes of one data set");
  }
}

// "Handbag, ankle boot, truck", "a dog and a dress": throws where one list has classes of two data sets.
void expect_lists_of_one_set(const Sentence& sentence, const std::vector<Subjects>& subjects) {
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Card* card = card_of_class(tokens[i], subjects);
    auto next = i + 1;
    bool listed = false;
    for (; card && next < tokens.size() && joins_items(tokens[next]); ++next)
      listed = listed || tokens[next].begins || !is_determiner(tokens[next].word);
    if (!card || next == tokens.size() || tokens[next].breaks || !(listed || tokens[next].begins)) continue;
    if (const Card* other = card_of_class(tokens[next], subjects); other && other != card)
      throw two_sets(tokens[i].word, *card, tokens[next].word, *other);
  }
}

// "Tell boots from the digit seven": throws where classes of two data sets are set against each other.
void expect_one_set(const Sentence& sentence, const std::vector<Subjects>& subjects, const Meanings& meanings) {
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
    if (!is_contrast(tokens[i].word) && tokens[i].word != "and") continue;
    const auto before = card_near(tokens, i - 1, -1, subjects, meanings);
    const auto after = card_near(tokens, i + 1, 1, subjects, meanings);
    if (!before || !after || before->second == after->second) continue;
    throw two_sets(before->first, *before->second, after->first, *after->second);
  }
}

// Throws where another data set is named, or two of them.
void expect_one_name(const Sentence& sentence, const std::vector<Subjects>& subjects,
                     const std::vector<std::string>& names) {
  const Subjects* named = nullptr;
  std::optional<std::string> other, compared;
  const auto& tokens = sentence.tokens();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].tells) continue;
    const auto own = std::ranges::find_if(subjects, [&](const Subjects& s) { return names_set(tokens[i], s); });
    if (own == subjects.end()) {
      const bool beside =
          (i > 0 && is_comparing(tokens[i - 1].word)) || (i + 1 < tokens.size() && tokens[i + 1].word == "like");
      if (is_other_data_set(tokens[i].term.text)) (beside ? compared : other) = tokens[i].word;
      continue;
    }
    const bool both = i > 0 && tokens[i - 1].word == "both";
    if (both || (named && named != &*own))
      throw Error(ErrorCode::kUsage, "instruction.sets", "the instruction names two data sets",
                  both ? "both '" + tokens[i].word + "'" : "'" + named->card->name + "' and '" + own->card->name + "'",
                  "name one of them");
    named = &*own;
  }
  if (!other && !named) other = compared;
  if (other)
    throw Error(ErrorCode::kUsage, "instruction.sets", "'" + *other + "' is another data set",
                "there are: " + joined(names, ", "), "name one of these, or give images with --data");
}

// Throws where no card accounts for the words, two do about alike, or something else does better; classes that are
// `stated` may stand among any words.
void expect_best(const Scores& scores, const Sentence& sentence, const std::string& text,
                 const std::vector<std::string>& names, const std::vector<Subjects>& subjects, const Meanings& meanings,
                 bool stated) {
  const auto best = scores.best();
  const auto unclear = [&](const std::string& why) { return not_clear(text, why, names); };
  const auto percent = [&](std::size_t entry) { return std::to_string(std::lround(100 * scores.score(entry))) + " %"; };
  if (!stated && sentence.unknown().size() > 2 && sentence.unknown().size() > sentence.content().size())
    throw unclear("nothing is known of most of its words: " + joined(sentence.unknown(), ", "));
  if (scores.score(best) < (scores.own_words(best) > 0 ? kLeast : kLeastOfLike))
    throw unclear("no data set accounts for its words; the nearest is '" + scores.name(best) + "', at " +
                  percent(best));
  if (scores.own_words(best) == 0 && scores.likeness(best) < kLeastLikeness)
    throw unclear("its words are but a little like those of '" + scores.name(best) + "'");
  if (const auto second = scores.second();
      second < scores.size() && scores.score(best) < (scores.is_covered() ? 1 : kLead) * scores.score(second)) {
    expect_one_set(sentence, subjects, meanings);
    throw unclear("it may be about '" + scores.name(best) + "' (" + percent(best) + ") or '" + scores.name(second) +
                  "' (" + percent(second) + ")");
  }
  if (const auto other = scores.best_other(); scores.score(best) < kOther * scores.score(other))
    throw unclear("it seems to be about " + scores.name(other));
}

// Throws where words that the best card cannot account for say too much.
void expect_accounted(const Scores& scores, const Sentence& sentence, const std::string& text,
                      const std::vector<std::string>& names, const std::vector<Subjects>& subjects,
                      const Meanings& meanings, const ClassList& said) {
  const bool clear = scores.is_named() || said.stated;
  const auto most = [](bool is_clear) { return is_clear ? kMoreBesideName : kMoreSaid; };
  if (const auto rest = scores.unaccounted(most(clear), most(clear || said.classes.size() > 1))) {
    expect_one_set(sentence, subjects, meanings);
    throw not_clear(
        text, "'" + rest->first + "' is of '" + rest->second + "', not of '" + scores.name(scores.best()) + "'", names);
  }
}

// Whether something says that things are to be told apart, or a network made: "our cat has been asleep on the truck"
// does not.
bool asks_anything(const Sentence& sentence) {
  return says_network(sentence) || std::ranges::any_of(sentence.tokens(), [](const Token& token) {
           return is_which(token.word) || is_kind(token.word) || is_picture(token.word) || is_sorting(token.word) ||
                  is_parting(token.word) || is_telling_apart(token.word) || is_detecting(token.word) ||
                  is_label(token.word) || is_item(token.word) || is_contrast(token.word) || is_whole(token.word) ||
                  is_rest_of_all(token.word) || is_making(token.word) || is_politeness(token.word) ||
                  is_question_for_kind(token.word);
         });
}

// The classes that are told apart, and whether one is told from the rest; throws where some are named and nothing can
// be made of them.
ClassList read_classes(const Scores& scores, ClassList list, const Sentence& sentence, const Subjects& subject,
                       const Meanings& meanings) {
  const auto refusal = [](const std::string& what, const std::string& why, const std::string& hint) {
    return Error(ErrorCode::kUsage, "instruction.classes", what, why, hint);
  };
  const auto& card = *subject.card;
  if (list.contradicted)
    throw refusal("the instruction asks for '" + *list.contradicted + "' and leaves it out", "it says both",
                  "say one of them");
  if (list.no_class && list.classes.empty())
    throw refusal("'" + *list.no_class + "' is no class of '" + card.name + "'",
                  "the instruction sets it against another one, or asks whether it is one",
                  "its classes are: " + joined(card.classes, ", "));
  if (list.whether) {
    list.classes = list.named;
    return list;
  }
  const bool nothing_else = scores.without(scores.best(), [&](const Token& token) {
    return class_named(token, subject, meanings).has_value();
  }) < kLeast;
  const bool some = list.named.size() > 1 && list.named.size() < subject.classes.size();
  // "Classes 3 and 5", of whatever.
  const auto& tokens = sentence.tokens();
  const bool labels = std::ranges::adjacent_find(tokens, [](const Token& label, const Token& number) {
                        return is_label(label.word) && number.number;
                      }) != tokens.end();
  if (subject.numbered && some && (list.classes.empty() || labels) && nothing_else)
    throw refusal("the instruction names numbers", "it does not say that they are what the pictures show",
                  "say that they are digits, or what else they are on");
  if (!subject.numbered && some && list.classes.empty() && nothing_else && !asks_anything(sentence))
    throw refusal("the instruction speaks of '" + card.classes[static_cast<std::size_t>(list.named.front())] +
                      "' and '" + card.classes[static_cast<std::size_t>(list.named.back())] + "'",
                  "it asks for nothing", "say that they are to be told apart, or name the whole");
  const bool of_whole = std::ranges::any_of(sentence.content(), [&](const Token& token) {
    return meanings.closeness(token.term, subject.keywords) >= kNearWhole;
  });
  if (list.named.size() == 1 && (list.alone || nothing_else || (!of_whole && !list.open)))
    throw refusal("the instruction names nothing of '" + card.name + "' but '" +
                      card.classes[static_cast<std::size_t>(list.named.front())] + "'",
                  "one class alone leaves nothing to tell apart", "say from what it is to be told, or name the whole");
  return list;
}

Reading read_text(const std::string& text, const std::vector<Card>& cards, const WordVectors& words) {
  const Meanings meanings(words);
  const auto subjects = look_up(cards, meanings);
  std::vector<std::string> names;
  for (const Card& card : cards) names.push_back(card.name);
  const Sentence sentence(text, subjects, meanings);
  const bool says_nothing = sentence.content().empty();
  const Scores scores(sentence, subjects, meanings);
  const bool alike =
      says_nothing ? sentence.unknown().empty() : !scores.is_named() && scores.own_words(scores.best()) == 0;
  const Subjects* seen = alike ? subject_by_looks(sentence, subjects) : nullptr;
  if (cards.empty() || (says_nothing && !seen)) throw nothing_said(text, sentence.unknown());
  if (is_equation(text)) throw no_such_task("an equation");
  if (const auto task = other_task(sentence)) throw no_such_task(*task);
  expect_one_name(sentence, subjects, names);
  expect_not_several_sets(sentence);
  expect_lists_of_one_set(sentence, subjects);
  if (auto bracketed = bracketed_set(text, cards)) return *std::move(bracketed);
  if (seen) {
    if (const auto task = asks_otherwise(sentence, *seen, meanings, false)) throw no_such_task(*task);
    return {.source = seen->card->name, .certainty = kOfLooks};
  }
  const auto best = scores.best();
  expect_no_more_classes(sentence, subjects[best]);
  const ClassList said = list_classes(sentence, subjects[best], meanings);
  const bool clear = (scores.is_named() && says_network(sentence)) || said.stated || said.whether;
  if (const auto task = asks_otherwise(sentence, subjects[best], meanings, clear)) throw no_such_task(*task);
  if (!scores.is_named()) expect_best(scores, sentence, text, names, subjects, meanings, said.stated);
  expect_accounted(scores, sentence, text, names, subjects, meanings, said);
  auto list = read_classes(scores, said, sentence, subjects[best], meanings);
  return {scores.name(best),    std::move(list.classes), list.whether, std::min(1.0, scores.score(best)),
          scores.because(best), sentence.unknown()};
}

// Whether what an instruction is about is not clear, rather than that it cannot be had.
bool is_unclear(const Error& error) {
  return error.id() == "instruction.unclear" || error.id() == "instruction.sets";
}

}  // namespace

std::string Reading::data() const {
  if (classes.empty()) return source;
  std::vector<std::string> numbers;
  for (const auto c : classes) numbers.push_back(std::to_string(c));
  if (rest) numbers.emplace_back("rest");
  return source + '[' + joined(numbers, ",") + ']';
}

std::size_t Reading::class_count(std::size_t all) const {
  return classes.empty() ? all : classes.size() + (rest ? 1 : 0);
}

Reading read_instruction(std::string_view instruction, const std::vector<Card>& cards, const WordVectors& words) {
  const std::string text(instruction.substr(0, kLongestInstruction));
  const Wish wish = announced_wish(text);
  // "Sorry, I was ordering boots. What we need is handwritten digits read."
  const auto of_wish = [&]() -> std::optional<Reading> {
    try {
      if (!wish.text.empty()) return read_text(std::string(wish.text), cards, words);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;
    }
    return std::nullopt;
  };
  if (auto reading = wish.corrects ? of_wish() : std::nullopt) return *std::move(reading);
  try {
    return read_text(text, cards, words);
  } catch (const Error& error) {
    if (!is_unclear(error)) throw;
    if (auto reading = of_wish()) return *std::move(reading);
    throw;
  }
}

}  // namespace weightloom
