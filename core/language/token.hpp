#pragma once
// A word of an instruction, and what cards say of words.

#include <set>
#include <string>
#include <string_view>

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
  bool aside = false;     // in brackets
  bool breaks = false;    // a sentence or its like: a full stop, a colon, a dash stands before it
};

struct CardWords {
  std::set<std::string> sets;    // what data sets are called
  std::set<std::string> names;   // keywords and classes of cards
  std::set<std::string> others;  // of other subjects
};

// "Sevens", which are no amount of anything.
inline bool is_plural(std::string_view word) {
  return word.ends_with('s');
}

}  // namespace weightloom
