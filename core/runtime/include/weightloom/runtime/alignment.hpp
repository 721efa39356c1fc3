#pragma once
// Permutation alignment of networks by weight matching, and the proof that a symmetry is one.

#include <cstdint>
#include <optional>
#include <vector>

#include "weightloom/network/symmetry.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// Reorders the units of group g of every member by orders[g] (one permutation per group). Shares what is not reordered
// with `weights`. Throws kUsage "alignment.orders".
Weights permute_units(const NetworkDescription& description, const std::vector<SymmetryGroup>& groups,
                      const Weights& weights, const std::vector<std::vector<std::int64_t>>& orders);

// Weight matching (Ainsworth et al., Git Re-Basin, 2023, algorithm 1): coordinate descent over groups, a linear
// assignment each, until nothing changes. Returns `weights` (population 1) with units reordered to be closest to
// `reference`; the function is unchanged. `seed`: of the order in which groups are visited. Throws kUsage
// "alignment.population". [any-thread]
Weights align(const NetworkDescription& description, const Weights& weights, const Weights& reference,
              std::uint64_t seed = 0);

// Largest |difference| of outputs of the median sample, relative to the largest |output|, between random weights and
// the same weights with every group, or `group` alone, in another random order. A correct derivation gives below 1e-4;
// of a `script` whose axes do not hold it says how wrong they are. REQUIRES group below the number of groups.
double symmetry_error(const Executor& executor, std::uint64_t seed, std::optional<std::size_t> group = {});

}  // namespace weightloom
