#pragma once
// Cards whose words were looked up, and how close words are.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kinship.hpp"
#include "weightloom/language/card.hpp"
#include "weightloom/language/word_vectors.hpp"

namespace weightloom {

// Rarity of words that the vectors lack.
inline constexpr double kRare = 11;

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
  const Taxonomy& taxonomy() const { return words_.taxonomy(); }
  std::string lemma(std::string_view word) const { return words_.lemma(word); }
  bool knows(std::string_view text) const { return words_.find(text).has_value(); }
  double rarity(const Term& term) const { return term.index ? words_.rarity(*term.index) : kRare; }
  double closeness(const Term& a, const Term& b) const;
  // To the nearest of several; 0 of none.
  double closeness(const Term& term, const std::vector<Term>& others) const;

 private:
  const WordVectors& words_;
};

// Names of a group, and the numbers of its classes.
struct SubjectGroup {
  std::vector<Term> names;
  std::vector<std::int64_t> classes;
};

struct Subjects {
  const Card* card;
  std::vector<Term> keywords, description;
  std::vector<std::vector<Term>> classes;
  std::vector<SubjectGroup> groups;
  std::vector<std::string> names;  // of the set itself, which no other word is: "cifar10", "cifar_ten"
  Genera genera;
  std::set<std::string> foreign;  // what classes of other sets are called, and none of its own
  bool numbered = false;          // classes are numbers, so that "three to five" is a range of them
};

// All cards, so that each knows what is another's.
std::vector<Subjects> look_up(const std::vector<Card>& cards, const Meanings& meanings);

// The group, by its place in `groups`, that has the very word among its names.
std::optional<std::size_t> group_named(const Term& term, const Subjects& subject);

// Whether a base form is neither a function word nor a generic one.
bool tells_something(const std::string& term);

}  // namespace weightloom
