#pragma once
// A set with classes in brackets, as the command line writes it.

#include <optional>
#include <string_view>
#include <vector>

#include "weightloom/language/card.hpp"
#include "weightloom/language/reading.hpp"

namespace weightloom {

// What "mnist[3,8]" and "mnist[7,rest]" of an instruction say, the first of them; nothing where the brackets hold
// anything else than numbers and "rest". Throws kUsage "instruction.classes" where a class is named that there is not,
// or one alone.
std::optional<Reading> bracketed_set(std::string_view instruction, const std::vector<Card>& cards);

}  // namespace weightloom
