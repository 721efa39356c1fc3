#pragma once
// Numbers that say how many there are of something, and no digits that are to be read.

#include <vector>

#include "token.hpp"

namespace weightloom {

// Numbers that count, or name something else, say nothing any more: "three kinds of shoes", "depth 8", "one of ten".
void drop_quantities(std::vector<Token>& tokens);

}  // namespace weightloom
