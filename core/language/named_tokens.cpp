#include "named_tokens.hpp"

#include "vocabulary.hpp"

namespace weightloom {

NamedTokens::NamedTokens(const Sentence& sentence, const Subjects& subject, const Meanings& meanings)
    : sentence_(sentence), tokens_(sentence.tokens()), subject_(subject), meanings_(meanings) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    named_.push_back(tokens_[i].tells ? class_named(tokens_[i], subject, meanings) : std::nullopt);
    // "From a freight company" names no kind of vehicle.
    if (named_[i] && is_place(i) && !is_own_name(i) && !any(0, i, [&](std::size_t at) { return is_told_from(at); }))
      named_[i].reset();
  }
  // "Against the nine other classes (cars, birds and so on)".
  for (std::size_t i = 0; i + 1 < tokens_.size(); ++i) {
    if (tokens_[i].aside || !tokens_[i + 1].aside ||
        !any(i - std::min<std::size_t>(i, 2), i + 1, [&](std::size_t at) { return is_rest(at).has_value(); }))
      continue;
    for (auto at = i + 1; at < tokens_.size() && tokens_[at].aside; ++at) named_[at].reset();
  }
}

Run NamedTokens::sentence_around(std::size_t at) const {
  Run out{at, at};
  while (out.first > 0 && !tokens_[out.first].breaks) --out.first;
  while (out.last + 1 < tokens_.size() && !tokens_[out.last + 1].breaks) ++out.last;
  return out;
}

bool NamedTokens::is_own_name(std::size_t at) const {
  return is_name_of(at, *named_[at]);
}

bool NamedTokens::is_name_of(std::size_t at, std::int64_t c) const {
  const auto& terms = subject_.classes[static_cast<std::size_t>(c)];
  return std::ranges::find(terms, tokens_[at].term.text, &Term::text) != terms.end();
}

bool NamedTokens::is_place(std::size_t at) const {
  return tokens_[at].place || (at > 1 && tokens_[at - 2].word == "for" && !tokens_[at - 1].tells) ||
         (at > 0 && tokens_[at - 1].word == "from") ||
         (at > 1 && tokens_[at - 2].word == "from" && !tokens_[at - 1].tells);
}

std::int64_t NamedTokens::number_at(std::int64_t c) const {
  return *number_of(subject_.card->classes[static_cast<std::size_t>(c)]);
}

bool NamedTokens::is_of_whole(const Token& token) const {
  return meanings_.closeness(token.term, subject_.keywords) >= kOfWhole;
}

bool NamedTokens::could_be_class(const Token& token, double least) const {
  if (subject_.numbered) return token.number;
  if (token.number || is_of_whole(token)) return false;
  if (kinship(token.term, subject_.genera, meanings_.taxonomy()).sibling) return true;
  double closest = meanings_.closeness(token.term, subject_.keywords);
  for (const auto& terms : subject_.classes) closest = std::max(closest, meanings_.closeness(token.term, terms));
  return closest >= least;
}

bool NamedTokens::is_keyword(const Term& term) const {
  return std::ranges::find(subject_.keywords, term.text, &Term::text) != subject_.keywords.end();
}

bool NamedTokens::is_described(const Term& term) const {
  return std::ranges::find(subject_.description, term.text, &Term::text) != subject_.description.end();
}

bool NamedTokens::is_phrase(std::size_t at, const std::vector<std::string>& words) const {
  if (at + words.size() > tokens_.size()) return false;
  return std::equal(words.begin(), words.end(), tokens_.begin() + static_cast<std::ptrdiff_t>(at),
                    [](const std::string& word, const Token& token) { return token.word == word; });
}

bool NamedTokens::is_network_part_at(std::size_t at) const {
  return at < tokens_.size() && is_network_part(tokens_[at].word);
}

std::size_t NamedTokens::count_of(std::string_view word) const {
  return static_cast<std::size_t>(std::ranges::count(tokens_, word, &Token::word));
}

std::optional<std::size_t> NamedTokens::telling(std::size_t at, std::ptrdiff_t direction) const {
  for (std::size_t steps = 0; steps < kNearList && at < tokens_.size();
       ++steps, at += static_cast<std::size_t>(direction)) {
    if (tokens_[at].tells || tokens_[at].number) return at;
    if (tokens_[at].breaks && direction < 0) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::size_t> NamedTokens::telling_after(std::size_t at) const {
  for (auto i = at; i < std::min(at + kNearList, tokens_.size()) && !tokens_[i].begins; ++i)
    if (named_[i]) return i;
  return telling(at, 1);
}

std::optional<std::size_t> NamedTokens::item_before(std::size_t at) const {
  if (at >= tokens_.size() || tokens_[at].breaks) return std::nullopt;
  const auto joint = at > 0 ? tokens_[at - 1].word : std::string();
  const bool joined = at > 1 && !tokens_[at].begins && (is_joint(joint) || joint == "or");
  if (!joined && !tokens_[at].begins) return std::nullopt;
  const auto before = at - (joined ? 2 : 1);
  return at > 0 && tokens_[before].tells ? std::optional(before) : std::nullopt;
}

bool NamedTokens::is_set_name(std::size_t at) const {
  return std::ranges::find(subject_.names, tokens_[at].term.text) != subject_.names.end();
}

bool NamedTokens::is_told_from(std::size_t at) const {
  return any(at > 4 ? at - 4 : 0, at, [&](std::size_t i) {
    const auto& word = tokens_[i].word;
    return word.starts_with("tell") || word == "know" || word == "knows" || is_telling_apart(word);
  });
}

bool NamedTokens::is_denied_at(std::size_t at) const {
  const auto& word = tokens_[at].word;
  if (word == "not" || word == "no" || word == "non" || word == "false" || word == "nay" || word == "nope") return true;
  for (auto i = at; i < std::min(at + 3, tokens_.size()) && !tokens_[i].begins && !tokens_[i].tells; ++i)
    if (is_denied_being(tokens_[i].word)) return true;
  return false;
}

bool NamedTokens::begins_rest(std::size_t at) const {
  for (; at < tokens_.size() && !tokens_[at].begins; ++at) {
    if (is_rest(at)) return true;
    if (tokens_[at].tells && !tokens_[at].number) return false;
  }
  return false;
}

std::optional<std::size_t> NamedTokens::is_rest(std::size_t at) const {
  const auto& word = tokens_[at].word;
  auto first = at;
  // "Whatever's left", "all that remains".
  const auto& before = at > 0 ? tokens_[at - 1].word : word;
  const bool left = (word == "left" || word == "remains") &&
                    (before == "whatever" || before == "what's" || before == "that" || before == "what");
  if (word == "another" && before == "one") return std::nullopt;
  // "The one from the other", "from each other".
  if (word == "other" && (before == "each" || (at > 2 && is_phrase(at - 3, {"one", "from", "the"}))))
    return std::nullopt;
  if (left) --first;
  while (first > 0 && !tokens_[first].begins && is_before_rest(first - 1)) --first;
  if (left) return first;
  // "Something different from both".
  if (word == "different" && (before == "something" || before == "anything") && !tokens_[at].begins) return at - 1;
  // "Horse versus all".
  const bool ends = at + 1 == tokens_.size() || tokens_[at + 1].begins || tokens_[at + 1].word == "for" ||
                    is_place_before(tokens_[at + 1].word);
  if (word == "all" && ends && (before == "v" || before == "vs" || before == "versus" || before == "against"))
    return at;
  const bool anything = word == "anything" && (is_phrase(at + 1, {"that"}) || is_phrase(at + 1, {"but"}));
  if (anything || is_rest_of_all(word)) return first;
  if ((word == "else" || word == "other" || word == "another" || word == "remaining") && (first < at || word != "else"))
    return first;
  return std::nullopt;
}

bool NamedTokens::is_before_rest(std::size_t at) const {
  const auto& word = tokens_[at].word;
  const bool other = at + 1 < tokens_.size() && tokens_[at + 1].word == "other";
  return is_all(word) || number_of(word) || (word == "whatever" && at > 0 && (other || tokens_[at - 1].word != "or"));
}

bool NamedTokens::is_open(const Run& run) const {
  if (opens(run.first) || any(run.first, run.last, [&](std::size_t i) { return tokens_[i].word == "etc"; }))
    return true;
  for (auto i = run.last + 1; i < tokens_.size() && i - run.last <= kNearList; ++i) {
    if (tokens_[i].breaks && tokens_[i].word == "the") break;  // "the rest never turn up"
    if (goes_on(i)) return true;
    if (tokens_[i].tells || is_negation(tokens_[i].word)) break;
  }
  // From the first class to the last one, and whatever is said to go from one to another.
  const auto last = static_cast<std::int64_t>(subject_.classes.size()) - 1;
  const bool from = run.first > 0 && tokens_[run.first - 1].word == "from";
  return !subject_.numbered && (from || (named_[run.first] == 0 && named_[run.last] == last)) &&
         any(run.first, run.last, [&](std::size_t i) { return is_range(tokens_[i].word); });
}

bool NamedTokens::goes_on(std::size_t at) const {
  if (is_phrase(at - 1, {"each", "other"})) return false;
  // "Whatever shape the camera shows", "any of them".
  const bool ends = at + 1 == tokens_.size() || tokens_[at + 1].begins || tokens_[at + 1].word == "else";
  const auto& before = tokens_[at - 1].word;
  const bool refers = (tokens_[at].word == "whatever" && !ends && before != "or" && !is_joint(before)) ||
                      is_phrase(at, {"any", "of", "them"}) || is_phrase(at, {"any", "of", "these"});
  if (is_open_after(tokens_[at].word) && !refers && !is_wish(at) && !is_closed(at)) return true;
  return is_phrase(at - 1, {"so", "on"}) || is_phrase(at, {"that", "sort", "of"}) ||
         is_phrase(at, {"that", "kind", "of"}) || is_phrase(at, {"you", "name", "it"}) ||
         is_phrase(at, {"all", "that"}) || is_phrase(at, {"what", "have", "you"}) || is_phrase(at, {"the", "lot"}) ||
         is_phrase(at, {"any", "of", "the"}) || is_phrase(at, {"all", "of", "them"});
}

bool NamedTokens::opens(std::size_t first) const {
  for (auto i = first; i > 0 && first - i < kNearList && !tokens_[i].breaks; --i) {
    if (is_open_before(tokens_[i - 1].word) && !is_wish(i - 1)) return true;
    if (tokens_[i - 1].tells) return false;
  }
  return false;
}

bool NamedTokens::is_denied_parity(std::size_t at) const {
  if (!subject_.numbered || (tokens_[at].word != "even" && tokens_[at].word != "odd")) return false;
  auto first = at;
  while (
      first > 0 && !tokens_[first].begins &&
      (is_determiner(tokens_[first - 1].word) || tokens_[first - 1].word == "of" || tokens_[first - 1].word == "out"))
    --first;
  return first > 0 && !tokens_[first].begins && is_negation(tokens_[first - 1].word);
}

bool NamedTokens::is_forbidden_after(std::size_t at) const {
  bool denied = false;
  for (auto i = at + 1; i < tokens_.size() && !tokens_[i].begins; ++i) {
    if (is_forbidden(tokens_[i].word) || (denied && is_admitted(tokens_[i].word))) return true;
    denied = denied || is_denied_being(tokens_[i].word) || tokens_[i].word.ends_with("n't") ||
             tokens_[i].word == "never" || tokens_[i].word == "cannot";
  }
  return false;
}

bool NamedTokens::is_closed(std::size_t at) const {
  const bool any = at > 1 && tokens_[at - 1].word.starts_with("any");  // "never anything else"
  const auto& before = tokens_[any ? at - 2 : at - 1].word;
  return is_nothing(before) || is_negation(before) || before == "never" || is_forbidden_after(at) ||
         is_dropped_rest(at) || (is_phrase(at - 1, {"the", "other"}) && (at < 2 || tokens_[at - 2].word != "all"));
}

bool NamedTokens::is_dropped_rest(std::size_t at) const {
  const auto first = is_rest(at);
  const auto drops = [&](std::size_t i) { return is_dropping(tokens_[i].word, tokens_[i + 1].word); };
  return first && *first<at&& * first> 0 && (drops(*first - 1) || (*first > 1 && drops(*first - 2)));
}

bool NamedTokens::is_wish(std::size_t at) const {
  if (tokens_[at].word != "like" || at == 0) return false;
  // "Looks to me like".
  if (at > 2 && tokens_[at - 2].word == "to" && tokens_[at - 3].word.starts_with("look")) return true;
  // "Like in the old days".
  if (at + 1 < tokens_.size() && tokens_[at + 1].word == "in") return true;
  const auto& before = tokens_[at - 1].word;
  for (const char* word :
       {"would", "i'd", "we'd", "you'd", "they'd", "he'd", "she'd", "i", "we", "you", "should", "to", "look", "looks"})
    if (before == word) return true;
  return false;
}

}  // namespace weightloom
