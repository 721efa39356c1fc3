#pragma once
// Where a parameter stands in its graph, in numbers that mean the same in every architecture: which operators are
// around it, how far input and output are, whether a way leads past it. Nothing of its name. Pure [any-thread]. No
// LibTorch.

#include <array>
#include <cstddef>
#include <vector>

#include "weightloom/network/graph.hpp"
#include "weightloom/network/operators.hpp"

namespace weightloom {

inline constexpr std::size_t kSurroundingFeatures = 3 * kOperatorFeatures + 12;
using Surroundings = std::array<float, kSurroundingFeatures>;

// One entry per parameter, in the order of description.parameters; every value within about [-1, 1]. A parameter that
// several nodes read stands where the first of them does. In order:
// - the operator that reads it, those before it and those after it, as places among kOperatorFeatures each;
// - whether the network's input enters its node, and whether its node is the output;
// - its node's place among the inputs of the first node that reads it (what tells queries, keys and values apart);
// - nodes that its node reads and that read it (log);
// - nodes with a matrix on the longest way from the input, and on to the output (log), and the share of the former;
// - whether some way from input to output leads past its node: a residual or a parallel branch;
// - fan in, fan out (log), and the places that its node's value has beside its channels (log).
std::vector<Surroundings> surroundings(const NetworkDescription& description, const GraphFacts& facts);

}  // namespace weightloom
