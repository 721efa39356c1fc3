#pragma once
// An instruction as a sequence of words, those marked that say what it is about.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "subjects.hpp"

namespace weightloom {

struct Token {
  std::string word;  // as it was written, in lower case
  Term term;
  bool tells = false;     // of the subject; the others are there for their place only
  bool number = false;    // zero to twenty, or digits
  bool begins = false;    // a clause: a comma or the like stands before it
  bool place = false;     // says where something is to be seen: "digits on letters"
  bool left_out = false;  // what is not wanted: "all but the frogs"
  bool of_all = false;    // left out of all, so that it says what all are: "everything except the frogs"
  bool label = false;     // the number of a class by its place: "cifar10 labels 3 and 5"
  bool asked = false;     // "clothing" of "what kind of clothing"
  bool breaks = false;    // a sentence or its like: a full stop, a colon, a dash stands before it
};

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
  bool names_any(const std::vector<std::string>& names) const;
  bool has_keyword(const Subjects& subject) const;
  bool speaks_for(std::size_t at, const Subjects& subject, const std::string& name) const;
  bool are_joined(std::size_t first, std::size_t second) const;
  void rename_sets(const std::vector<Subjects>& subjects);
  void drop_negated();
  void drop_aside();
  void drop_removed();
  void drop_unwanted();
  bool denies_before(std::size_t at) const;
  bool is_unwanted_at(std::size_t begin, std::size_t end) const;
  bool tells(std::size_t begin, std::size_t end) const;
  bool is_item_of_list(std::size_t at) const;
  void spell_answers();
  bool negates(std::size_t at) const;
  bool denies_result(std::size_t at) const;
  bool denies_list(std::size_t at) const;
  bool leaves_out(std::size_t at) const;
  bool drops(std::size_t at) const;
  bool parts_none(std::size_t at) const;
  bool excludes_from_all(std::size_t at) const;
  bool counts_kinds(std::size_t at) const;
  bool is_before_excluded(std::size_t at) const;
  bool says_all_before(std::size_t at) const;
  bool keeps_others(std::size_t at) const;
  bool can_be_left_out(std::size_t at) const;
  void leave_out(std::size_t at);
  bool continues_negated(std::size_t at, bool lists) const;
  bool is_left_out(std::size_t at) const;
  void drop_quantities();
  bool is_told_from_all(std::size_t at) const;
  bool is_out_of(std::size_t at) const;
  bool is_code(std::size_t at) const;
  bool stands_for_answer(std::size_t at) const;
  bool is_pronoun(std::size_t at) const;
  bool is_of_setting(std::size_t at) const;
  std::optional<std::size_t> number_before(std::size_t at) const;
  void drop_amounts();
  void drop_prefixes();
  void mark_places();

  const Meanings& meanings_;
  std::set<std::string> sets_, stems_, classes_, names_, cards_, others_, compounds_, spellings_;
  std::vector<Token> tokens_;
  std::vector<std::string> unknown_;
};

}  // namespace weightloom
