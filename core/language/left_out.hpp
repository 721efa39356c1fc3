#pragma once
// What an instruction does not want: "all but the frogs", "skip the sandals", "bags I can do without".

#include <vector>

#include "token.hpp"

namespace weightloom {

// Words that say nothing any more: those that are denied; of what cards name, those that are left out.
void mark_left_out(std::vector<Token>& tokens, const CardWords& words);

}  // namespace weightloom
