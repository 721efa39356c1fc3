#pragma once
// The linear assignment problem.

#include <cstdint>
#include <vector>

namespace weightloom {

// A column for each row, no column twice, so that the sum of cost[i * columns + p[i]] is least: shortest augmenting
// paths with dual variables (Jonker & Volgenant 1987), O(rows^2 * columns). REQUIRES rows * columns finite costs and no
// more rows than columns.
std::vector<std::int64_t> assign(const std::vector<double>& cost, std::int64_t rows, std::int64_t columns);

}  // namespace weightloom
