#include "weightloom/training/flat_parameters.hpp"

#include <catch2/catch.hpp>

#include "weightloom/compute/layers.hpp"
#include "weightloom/compute/random.hpp"

namespace weightloom {
namespace {

TEST_CASE("a module's parameters are views of the buffer and compute what they did", "[flat_parameters]") {
  auto generator = make_generator(1);
  Linear linear(3, 2, generator);
  const auto x = torch::randn({4, 3}, generator);
  const auto before = linear(x).detach();
  const FlatParameters parameters(*linear.pointer());
  CHECK(parameters.values().numel() == 8);
  CHECK(torch::equal(linear(x), before));
  parameters.values().zero_();
  CHECK(linear(x).abs().sum().item<double>() == 0);
}

TEST_CASE("gradients of one loss fill the buffer's shape, zero where a leaf takes no part", "[flat_parameters]") {
  const auto a = torch::tensor({1.0, 2.0}).requires_grad_(), b = torch::tensor({3.0}).requires_grad_();
  const FlatParameters parameters({a, b});
  CHECK(torch::equal(parameters.gradient((a * a).sum()), torch::tensor({2.0, 4.0, 0.0})));
  CHECK(torch::equal(parameters.gradient((a.sum() * b).sum()), torch::tensor({3.0, 3.0, 3.0})));
  CHECK(!a.grad().defined());
}

TEST_CASE("a module's fixed parameters stay out of the buffer", "[flat_parameters]") {
  auto generator = make_generator(1);
  Linear linear(3, 2, generator);
  linear->bias.requires_grad_(false);
  CHECK(FlatParameters(*linear.pointer()).values().numel() == 6);
}

TEST_CASE("long gradients are cut to the limit, short ones left alone", "[flat_parameters]") {
  const auto gradient = torch::tensor({3.0, 4.0});
  CHECK(clip_norm(gradient, 1.0).norm().item<double>() == Approx(1.0));
  CHECK(torch::equal(clip_norm(gradient, 10.0), gradient));
  CHECK(torch::equal(clip_norm(torch::zeros({2}), 1.0), torch::zeros({2})));
}

}  // namespace
}  // namespace weightloom
