#pragma once
// Shape inference over a sorted graph.

#include <vector>

#include "weightloom/network/graph.hpp"

namespace weightloom {

// analyse(), for a description whose shapes are not checked yet. `places[i]` is the path of node i in messages; empty:
// its index.
GraphFacts infer(const NetworkDescription& description, const std::vector<std::string>& places);

}  // namespace weightloom
