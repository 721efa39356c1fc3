#include "weightloom/training/moving_average.hpp"

#include <catch2/catch.hpp>

namespace weightloom {
namespace {

TEST_CASE("an average forgets its start quickly, then at its decay", "[moving_average]") {
  const auto values = torch::tensor({1.0}, torch::kFloat64);
  MovingAverage average(torch::tensor({0.0}, torch::kFloat64), 0.3);
  double expected = 0;
  for (const double decay : {0.1, 2.0 / 11, 0.25, 0.3, 0.3}) {
    average.update(values);
    expected = decay * expected + (1 - decay);
    CHECK(average.values().item<double>() == Approx(expected));
  }
  CHECK(values.item<double>() == 1.0);
}

}  // namespace
}  // namespace weightloom
