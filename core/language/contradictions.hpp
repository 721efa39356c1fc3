#pragma once
// What an instruction asks for and leaves out.

#include <optional>
#include <string>

#include "named_tokens.hpp"

namespace weightloom {

// The word of a class, of several or of all that is asked for, and left out: "cats against dogs, without any dogs",
// "only the even ones, none of the even ones", "with all of its classes left out".
std::optional<std::string> asked_for_and_left_out(const NamedTokens& tokens, const ClassList& list);

}  // namespace weightloom
