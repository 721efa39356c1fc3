#pragma once
// The linear assignment problem.

#include <cstdint>
#include <vector>

namespace weightloom {

// The permutation p that minimises the sum of cost[i * n + p[i]]: shortest augmenting paths with dual variables
// (Jonker & Volgenant 1987), O(n^3). REQUIRES n * n finite costs.
std::vector<std::int64_t> assign(const std::vector<double>& cost, std::int64_t n);

}  // namespace weightloom
