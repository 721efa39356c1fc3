#pragma once
// Networks and methods that nobody registered, by how they are spoken of: "the Wobbleton-Pryce architecture".

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "weightloom/language/word_vectors.hpp"

namespace weightloom {

// "Wobbleton-Pryce" of "use the Wobbleton-Pryce architecture", "Tsetlin" of "digits with a Tsetlin machine": a name
// with capitals, of which a part is in no dictionary, or one with a hyphen, no part of which is, before what a method
// is called, where something is said to be done by it. None where nothing is known of words. `is_known` tells words in
// lower case that are no such names though no dictionary has them.
std::optional<std::string> strange_network(std::string_view instruction, const WordVectors& vectors,
                                           const std::function<bool(const std::string&)>& is_known);

// "Garmnets": two letters of a word of the dictionary have changed places.
bool is_slip(const std::string& word, const WordVectors& vectors);

}  // namespace weightloom
