#pragma once
// What there is to say about a data set: what an instruction in words is compared with.

#include <string>
#include <vector>

#include "weightloom/base/json.hpp"

namespace weightloom {

// What several of a card's classes are called together: "footwear".
struct ClassGroup {
  std::vector<std::string> names;    // as keywords are written
  std::vector<std::string> classes;  // of the card
};

struct Card {
  std::string name;                   // the source of a DataSpec (data/dataset.hpp)
  std::vector<std::string> classes;   // in order
  std::string description;            // a phrase: "handwritten digits"
  std::vector<std::string> keywords;  // what else people call it, or what it holds; several words joined by '_'
  std::vector<std::vector<std::string>> aliases;  // what else people call each class; may be shorter than `classes`
  std::vector<ClassGroup> groups;
};

Json to_json(const Card& card);
// Throws kRefused "card.malformed"; `what` names where it comes from.
Card card_from_json(const Json& json, const std::string& what);

// The card of a data set that is known by name, with its `classes`. Of any other one the card has its name, which for a
// folder is the folder's own, and what a file `card.toml` in it says (docs/words.md). Throws kUsage "config.*" for one
// that is malformed.
Card card_of(const std::string& source, std::vector<std::string> classes);

}  // namespace weightloom
