#pragma once
// Where a parameter sits in its family, read from its canonical name: what makes tensors of networks of different depth
// comparable. "stage2.block1.conv1.weight" is stage 2, block 1, branch "conv1.weight". A component `stage<k>` or
// `block<k>` (k decimal, from 0) is an index; everything else is the branch. Normative text:
// docs/network_description.md, "Addresses". Pure functions [any-thread]. No LibTorch.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/network/description.hpp"

namespace weightloom {

struct Address {
  int stage = -1;  // -1: none
  int block = -1;
  int blocks = 0;      // number of blocks in the same scope (same stage), 0 without a block
  std::string scope;   // everything before the block, "stage2" or ""
  std::string branch;  // everything after it, "conv1.weight"; the whole name without block
  // Place of the block in its scope: 0 for the first, 1 for the last; 0 when there is only one or none.
  double fraction() const { return blocks > 1 ? static_cast<double>(block) / (blocks - 1) : 0.0; }
};

// One address per parameter, in the order of description.parameters.
std::vector<Address> addresses(const NetworkDescription& description);

// For each parameter of `target` the parameter of `source` (an index into its parameters) at the corresponding place:
// equal scope and branch, the block chosen by place among those with the same branches and kinds of axes (among all,
// where there are none): first to first, last to last, the others by nearest fraction. All tensors of a target block
// come from the same source block. nullopt where there is none of the same role and rank;
// lengths may differ (network/cut.hpp).
std::vector<std::optional<std::size_t>> match_by_address(const NetworkDescription& target,
                                                         const NetworkDescription& source);

}  // namespace weightloom
