#include "weightloom/training/adamw.hpp"

#include <catch2/catch.hpp>
#include <cmath>

namespace weightloom {
namespace {

TEST_CASE("steps follow the formulas of the paper", "[adamw]") {
  const auto values = torch::tensor({0.5, -1.0}, torch::kFloat64);
  const AdamWOptions options{0.1, 0.8, 0.95};
  AdamW optimizer(values, options);
  double x = 0.5, mean = 0, square = 0;
  for (int t = 1; t <= 5; ++t) {
    const double gradient = std::sin(t), rate = 0.01 * t;
    optimizer.step(torch::tensor({gradient, 0.0}, torch::kFloat64), rate);
    mean = 0.8 * mean + 0.2 * gradient;
    square = 0.95 * square + 0.05 * gradient * gradient;
    x -= rate * 0.1 * x;
    x -= rate * (mean / (1 - std::pow(0.8, t))) / (std::sqrt(square / (1 - std::pow(0.95, t))) + 1e-8);
    CHECK(values[0].item<double>() == Approx(x).epsilon(1e-12));
  }
  CHECK(values[1].item<double>() == Approx(-(1 - 0.001) * (1 - 0.002) * (1 - 0.003) * (1 - 0.004) * (1 - 0.005)));
}

}  // namespace
}  // namespace weightloom
