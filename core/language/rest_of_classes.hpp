#pragma once
// Whether an instruction asks for one class, or several, against all others: "is it a horse or not", "horses against
// the rest".

#include "named_tokens.hpp"

namespace weightloom {

// "Is it a seven or not", "cats against everything else", "a boot detector": of the one class that `list` names, or of
// none, where what is asked for is no class.
bool asks_whether(const NamedTokens& tokens, ClassList& list);
// "Only dresses, and no others", "frogs, a single class": of the one class that is named, where nothing is to be told
// from it.
bool is_left_alone(const NamedTokens& tokens);
// "Is it an animal", of which the classes alone say nothing.
bool asks_for_group(const NamedTokens& tokens);
// "Cats, dogs or neither", "and all the rest as a third": of so many classes that are named.
bool are_told_from_rest(const NamedTokens& tokens, std::size_t named);
// "Everything else", "the others", "or not", "otherwise"; but not "a shirt, and everything else that people wear".
bool is_told_from_rest(const NamedTokens& tokens);

}  // namespace weightloom
