#include "subjects.hpp"

#include <algorithm>
#include <filesystem>

#include "characters.hpp"
#include "vocabulary.hpp"
#include "weightloom/language/words.hpp"

namespace weightloom {

double Meanings::closeness(const Term& a, const Term& b) const {
  if (a.text == b.text) return 1;
  return a.index && b.index ? words_.closeness(*a.index, *b.index) : 0;
}

double Meanings::closeness(const Term& term, const std::vector<Term>& others) const {
  double best = 0;
  for (const Term& other : others) best = std::max(best, closeness(term, other));
  return best;
}

bool tells_something(const std::string& term) {
  return term.size() > 1 && !is_function_word(term) && !is_generic_word(term);
}

namespace {

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

// Its very names speak for the card, not what is close to them: a mole is no mammal of every set that has mammals.
void add_group(const ClassGroup& group, const Meanings& meanings, Subjects& out) {
  SubjectGroup found;
  for (const auto& name : group.names)
    for (auto& term : terms_of(name, meanings)) {
      out.keywords.push_back({term.text, std::nullopt});
      found.names.push_back(std::move(term));
    }
  const auto& classes = out.card->classes;
  for (const auto& name : group.classes)
    if (const auto c = std::ranges::find(classes, name); c != classes.end())
      found.classes.push_back(c - classes.begin());
  out.groups.push_back(std::move(found));
}

// "Fashion_mnist" and "fashionmnist", "cifar_10" and "cifar_ten" beside the name itself.
std::vector<std::string> names_of(const std::string& folder) {
  std::string phrase = folder, spelling = folder;
  std::ranges::replace(phrase, '-', '_');
  std::erase_if(spelling, [](char c) { return c == '-' || c == '_' || c == ' '; });
  std::vector<std::string> names{folder, phrase, spelling};
  // "Fmnist", "f-mnist".
  if (const auto cut = phrase.find('_'); cut != std::string::npos && cut > 0 && is_letter(phrase.back()))
    for (const char* between : {"", "_"}) names.push_back(phrase[0] + (between + phrase.substr(cut + 1)));
  const auto stem = spelling.substr(0, spelling.find_first_of("0123456789"));
  const auto digits = spelling.substr(stem.size());
  if (const auto number = stem.empty() ? std::nullopt : number_of(digits))
    names.insert(names.end(), {stem + '_' + digits, stem + '_' + number_word(*number)});
  std::erase(names, std::string());
  return names;
}

// Which no other word is, as "images" is.
bool is_proper_name(const std::string& name, const Meanings& meanings) {
  return std::ranges::none_of(base_forms(name, {}),
                              [&](const auto& form) { return meanings.knows(form) || !tells_something(form); });
}

Subjects look_up(const Card& card, const Meanings& meanings) {
  Subjects out{.card = &card, .description = terms_of(card.description, meanings, false)};
  for (const auto& keyword : card.keywords)
    for (auto& term : terms_of(keyword, meanings)) out.keywords.push_back(std::move(term));
  // A folder is called by its last part, with or without a slash behind it.
  const std::filesystem::path path(card.name);
  const std::string folder = (path.has_filename() ? path : path.parent_path()).filename().string();
  for (const auto& word : split_words(folder)) out.keywords.push_back(meanings.term(word));
  for (const auto& name : names_of(folder)) {
    out.keywords.push_back(meanings.term(name));
    if (is_proper_name(name, meanings)) out.names.push_back(name);
  }
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
  const auto names = out.classes;
  for (std::size_t c = 0; c < std::min(card.aliases.size(), out.classes.size()); ++c)
    for (const auto& alias : card.aliases[c])
      out.classes[c].push_back(is_family(alias) ? Term{alias, std::nullopt} : meanings.term(alias));
  for (const auto& group : card.groups) add_group(group, meanings, out);
  out.genera = genera_of(names, out.classes, meanings.taxonomy());
  out.numbered = numbers == static_cast<std::int64_t>(card.classes.size()) && numbers > 0;
  return out;
}

}  // namespace

std::vector<Subjects> look_up(const std::vector<Card>& cards, const Meanings& meanings) {
  std::vector<Subjects> out;
  for (const Card& card : cards) out.push_back(look_up(card, meanings));
  for (Subjects& subject : out) {
    for (const Subjects& other : out)
      for (const auto& terms : other.classes)
        for (const Term& term : terms) subject.foreign.insert(term.text);
    for (const auto& terms : subject.classes)
      for (const Term& term : terms) subject.foreign.erase(term.text);
  }
  return out;
}

std::optional<std::size_t> group_named(const Term& term, const Subjects& subject) {
  for (std::size_t g = 0; g < subject.groups.size(); ++g) {
    const auto& names = subject.groups[g].names;
    if (std::ranges::find(names, term.text, &Term::text) != names.end()) return g;
  }
  return std::nullopt;
}

}  // namespace weightloom
