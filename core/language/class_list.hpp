#pragma once
// Which classes of a data set an instruction names, and whether it means these or is about the whole.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sentence.hpp"

namespace weightloom {

// The class that a word names; nothing where it names none, or several alike.
std::optional<std::int64_t> class_named(const Token& token, const Subjects& subject, const Meanings& meanings);

struct ClassList {
  std::vector<std::int64_t> named;          // all that are, in the order of the instruction
  std::vector<std::int64_t> classes;        // those that are to be told apart; empty: the whole set is meant
  bool stated = false;                      // they are set against each other by their own names
  bool open = false;                        // they are named as examples
  bool alone = false;                       // one is named, and nothing to tell it from is wanted
  bool whether = false;                     // asked is whether it is one of those that are named, or none
  std::optional<std::string> no_class;      // a word that is told apart from another and is no class
  std::optional<std::string> contradicted;  // a class that is asked for and left out
};

// A list is a run of classes with nothing between them that says something else: "a horse, a dog or a cat". One is
// meant as it stands where its classes are set against each other, where it is all that a sentence says, and where
// classes are numbers; not where it is of examples or goes on, and not where it is all classes. One class may be told
// from all others: "is it a horse or not", "horses against everything else".
ClassList list_classes(const Sentence& sentence, const Subjects& subject, const Meanings& meanings);

}  // namespace weightloom
