#include "weightloom/base/assignment.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>

#include "weightloom/base/random.hpp"

using namespace weightloom;

namespace {

double total(const std::vector<double>& cost, const std::vector<std::int64_t>& chosen, std::int64_t columns) {
  double sum = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    sum += cost[i * static_cast<std::size_t>(columns) + static_cast<std::size_t>(chosen[i])];
  return sum;
}

}  // namespace

TEST_CASE("an assignment is as cheap as the best of all, square or with columns to spare", "[assignment]") {
  Random random(4);
  for (int round = 0; round < 40; ++round) {
    const auto columns = static_cast<std::int64_t>(1 + random.below(6));
    const auto rows = static_cast<std::int64_t>(1 + random.below(static_cast<std::uint64_t>(columns)));
    std::vector<double> cost;
    for (std::int64_t i = 0; i < rows * columns; ++i) cost.push_back(random.uniform() - 0.5);
    auto order = std::vector<std::int64_t>(static_cast<std::size_t>(columns));
    std::iota(order.begin(), order.end(), 0);
    double least = std::numeric_limits<double>::infinity();
    do least = std::min(least, total(cost, {order.begin(), order.begin() + rows}, columns));
    while (std::ranges::next_permutation(order).found);
    auto chosen = assign(cost, rows, columns);
    INFO(rows << " of " << columns);
    CHECK(total(cost, chosen, columns) == Approx(least));
    std::ranges::sort(chosen);
    CHECK(std::ranges::adjacent_find(chosen) == chosen.end());
  }
}
