#include "weightloom/base/assignment.hpp"

#include <limits>

namespace weightloom {

std::vector<std::int64_t> assign(const std::vector<double>& cost, std::int64_t rows, std::int64_t columns) {
  // Rows and columns count from 1; column 0 is where each augmenting path starts.
  const auto size = static_cast<std::size_t>(columns + 1), row_end = static_cast<std::size_t>(rows + 1);
  std::vector<double> row_price(row_end, 0), column_price(size, 0);
  std::vector<std::size_t> row_of(size, 0), came_from(size, 0);
  for (std::size_t row = 1; row < row_end; ++row) {
    std::vector<double> slack(size, std::numeric_limits<double>::infinity());
    std::vector<bool> reached(size, false);
    std::size_t column = 0;
    row_of[0] = row;
    do {
      reached[column] = true;
      const std::size_t current = row_of[column];
      const double* costs = cost.data() + (current - 1) * static_cast<std::size_t>(columns);
      double least = std::numeric_limits<double>::infinity();
      std::size_t next = 0;
      for (std::size_t j = 1; j < size; ++j) {
        if (reached[j]) continue;
        const double reduced = costs[j - 1] - row_price[current] - column_price[j];
        if (reduced < slack[j]) slack[j] = reduced, came_from[j] = column;
        if (slack[j] < least) least = slack[j], next = j;
      }
      for (std::size_t j = 0; j < size; ++j) {
        if (reached[j]) {
          row_price[row_of[j]] += least;
          column_price[j] -= least;
        } else {
          slack[j] -= least;
        }
      }
      column = next;
    } while (row_of[column] != 0);
    for (; column != 0; column = came_from[column]) row_of[column] = row_of[came_from[column]];
  }
  std::vector<std::int64_t> chosen(static_cast<std::size_t>(rows));
  for (std::size_t j = 1; j < size; ++j)
    if (row_of[j] != 0) chosen[row_of[j] - 1] = static_cast<std::int64_t>(j - 1);
  return chosen;
}

}  // namespace weightloom
