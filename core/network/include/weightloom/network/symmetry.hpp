#pragma once
// Permutation symmetries derived from the graph: which channel axes may be reordered together without changing the
// network's function (docs/network_description.md, "What the host derives"). Pure functions [any-thread]. No LibTorch.

#include <cstdint>
#include <string>
#include <vector>

#include "weightloom/network/description.hpp"

namespace weightloom {

// One parameter axis that belongs to a group. The axis, of length outer * size * inner, is read as [outer, size, inner]
// and permuted along the middle: a flattened image has inner = height * width, attention heads have inner = head width.
struct SymmetryMember {
  std::size_t parameter;  // index into NetworkDescription::parameters
  int axis;
  std::int64_t outer = 1, inner = 1;
  // true: an output axis of its node (rows of weights, biases, tokens, positions); false: an input axis (columns), or
  // the scale, shift or statistic of a normalisation
  bool produces = false;
};

struct SymmetryGroup {
  std::int64_t size = 0;  // number of interchangeable units
  std::vector<SymmetryMember> members;
};

// Visits every node. Groups of at least two units, in order of first use. Axes tied to the input, the output,
// positions, or to concatenations belong to no group. Channels of grouped operators and heads are two groups: that of
// the groups, and that of the places inside, which move in all groups alike.
std::vector<SymmetryGroup> symmetry_groups(const NetworkDescription& description);

// One factor of an axis: its units can be reordered together with those of its group (`is_free`), or are places.
struct AxisFactor {
  std::int64_t size;
  bool is_free;
};
// The factors of each axis of each parameter, [parameter][axis], outermost first: a flattened map [C, H, W] makes one
// axis of three factors. Factors of one unit are left out; an axis of length 1 has none. Visits every node.
std::vector<std::vector<std::vector<AxisFactor>>> axis_factors(const NetworkDescription& description);

// The order of the whole axis of `member` when the units of its group are reordered: out[i] is the old index at place
// i. REQUIRES units to be a permutation of 0 .. group size - 1.
std::vector<std::int64_t> axis_order(const SymmetryMember& member, const std::vector<std::int64_t>& units);

}  // namespace weightloom
