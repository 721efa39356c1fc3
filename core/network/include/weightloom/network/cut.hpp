#pragma once
// Networks cut from a larger one of the same architecture: which of its values stand where. One set of weights then
// serves every width and depth (Yu et al. 2019, slimmable networks; Cai et al. 2020, once-for-all). Normative text:
// docs/network_description.md, "Cuts". Pure functions [any-thread]. No LibTorch.

#include <cstdint>
#include <optional>
#include <vector>

#include "weightloom/network/description.hpp"

namespace weightloom {

// One dimension of a tensor.
struct AxisCut {
  std::vector<std::int64_t> from;  // place in the source for each place of the target, -1: none, a zero; empty: all
  std::vector<double> scale;       // factor of each place of the target; empty: 1

  bool whole() const { return from.empty(); }
};

struct TensorCut {
  std::size_t source = 0;     // index of the source's parameter
  std::vector<AxisCut> axes;  // one for each dimension
  double factor = 1;          // of all values

  bool whole() const;
};

// For each parameter of `target` what it takes from `source`, at the corresponding address (match_by_address); nullopt
// where there is nothing of the same role, rank and kinds of axes. Each axis is seen as its factors (axis_factors):
// - units that are interchangeable: the first ones; a wider target repeats them;
// - places (positions, flattened maps): the nearest by relative place;
// - kernels: centred.
// Weights make up for the inputs that are missing: by the root of the ratio for units, by the ratio for places;
// repeated inputs share what one had, so that a wider network computes the same. A block that is repeated n times adds
// 1/n of what it added: all together move the residual stream about as far as it did.
std::vector<std::optional<TensorCut>> cut_network(const NetworkDescription& target, const NetworkDescription& source);

}  // namespace weightloom
