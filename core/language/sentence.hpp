#pragma once
// An instruction as a sequence of words, those marked that say what it is about.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "subjects.hpp"
#include "token.hpp"

namespace weightloom {

class Sentence {
 public:
  Sentence(std::string_view text, const std::vector<Subjects>& subjects, const Meanings& meanings);

  const std::vector<Token>& tokens() const { return tokens_; }
  // Words that say what it is about.
  std::vector<Token> content() const;
  // Words that nothing is known of, to be shown: printable, long ones cut.
  const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  void collect_spellings(const std::vector<Subjects>& subjects);
  void add_clause(const std::vector<std::string>& words);
  std::optional<std::string> compound(const std::vector<std::string>& words, std::size_t at, std::size_t count) const;
  std::optional<std::string> respelt_set(const std::string& phrase) const;
  std::vector<std::string> classes_between_hyphens(const std::string& word) const;
  std::vector<std::string> glued(const std::string& word) const;
  void add(const std::string& word);
  std::string base_of(const std::string& word) const;
  bool is_known(const std::string& term) const { return meanings_.knows(term) || cards_.contains(term); }
  std::optional<std::string> respelt(const std::string& word) const;
  void mark_labels(const std::vector<Subjects>& subjects);
  void drop_loose_numbers(const std::vector<Subjects>& subjects);
  bool lists_labels(const std::vector<Subjects>& subjects);
  bool lists_digits(std::size_t at) const;
  bool names_any(const std::vector<std::string>& names) const;
  bool has_keyword(const Subjects& subject) const;
  bool speaks_for(std::size_t at, const Subjects& subject, const std::string& name) const;
  bool are_joined(std::size_t first, std::size_t second) const;
  void rename_sets(const std::vector<Subjects>& subjects);
  void spell_answers();
  void drop_parentheses();
  void drop_emphasis();
  void mark_places();

  const Meanings& meanings_;
  CardWords words_;
  std::set<std::string> stems_, classes_, cards_, compounds_, spellings_;
  std::vector<Token> tokens_;
  std::vector<std::string> unknown_;
};

}  // namespace weightloom
