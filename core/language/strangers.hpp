#pragma once
// What an instruction sets against each other, or lists, and is no class of the data set.

#include <optional>
#include <string>

#include "named_tokens.hpp"

namespace weightloom {

// A word that is told apart from another and is no class: "a skirt or trousers", "hats and scarves: which is which",
// "samosa or kachori". `alone` where no class is named.
std::optional<std::string> find_stranger(const NamedTokens& tokens, bool alone);
// "Belts" of "trousers, shirts and belts": of the set's kind and no class, in a list of three and more in the plural
// that names classes.
std::optional<std::string> stranger_among_classes(const NamedTokens& tokens);

}  // namespace weightloom
