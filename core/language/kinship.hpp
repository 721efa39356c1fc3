#pragma once
// What a word is to the classes of a set, by what nouns are kinds of: "terrier" a kind of the class "dog", "wolf" of
// the same genus as the classes and none of them.

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "weightloom/language/taxonomy.hpp"

namespace weightloom {

struct Term;

// Meanings of classes, and what they have in common.
struct Genera {
  std::vector<std::set<Taxonomy::Node>> classes;  // what each is called
  std::set<Taxonomy::Node> common;    // what two classes and more are kinds of, unless it is nearly everything
  std::optional<Taxonomy::Node> all;  // the narrowest that all classes are a kind of
  std::set<Taxonomy::Node> broader;   // what any class is a kind of
};

// `names` are the terms of each class's own name, of which the last one says what it is; `called` is all that each is
// called, which counts where it means something of the same genus and no wider: "aircraft" does not.
Genera genera_of(const std::vector<std::vector<Term>>& names, const std::vector<std::vector<Term>>& called,
                 const Taxonomy& taxonomy);

struct Kinship {
  std::optional<std::int64_t> kind_of;  // the nearest class that it is a kind of
  bool sibling = false;                 // of their genus, and a kind of none
  bool like_all = false;                // of what all classes are, be it no more than a thing
};

Kinship kinship(const Term& term, const Genera& genera, const Taxonomy& taxonomy);

}  // namespace weightloom
