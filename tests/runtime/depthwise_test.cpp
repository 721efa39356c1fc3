#include "../../core/runtime/depthwise.hpp"

#include <torch/autograd.h>

#include <catch2/catch.hpp>
#include <functional>

#include "weightloom/compute/random.hpp"

using namespace weightloom;
using Pair = std::array<std::int64_t, 2>;

namespace {

// The largest difference between the gradients of `a` and `b` with respect to `leaves`, and between their values.
double difference(const torch::Tensor& a, const torch::Tensor& b, const std::vector<torch::Tensor>& leaves) {
  auto generator = make_generator(5);
  const auto weights = torch::randn(a.sizes(), generator, a.options().requires_grad(false));
  double most = (a - b).abs().max().item<double>();
  const auto of_a = torch::autograd::grad({(a * weights).sum()}, leaves),
             of_b = torch::autograd::grad({(b * weights).sum()}, leaves);
  for (std::size_t i = 0; i < leaves.size(); ++i)
    most = std::max(most, ((of_a[i] - of_b[i]).abs() / (1 + of_b[i].abs())).max().item<double>());
  return most;
}

}  // namespace

TEST_CASE("a depthwise convolution and its gradients are the library's", "[depthwise]") {
  auto draws = make_generator(1);
  struct Case {
    std::int64_t batch, channels, height, width, rows, columns;
    Pair padding;
  };
  for (const Case& c :
       {Case{3, 5, 7, 7, 3, 3, {1, 1}}, Case{2, 4, 6, 9, 5, 3, {2, 0}}, Case{2, 1, 4, 4, 7, 7, {3, 3}},
        Case{1, 64, 14, 14, 3, 3, {0, 0}}, Case{2, 3, 1, 1, 3, 3, {1, 1}}, Case{2, 3, 5, 4, 1, 1, {0, 0}}}) {
    const auto x = torch::randn({c.batch, c.channels, c.height, c.width}, draws).requires_grad_();
    const auto k = torch::randn({c.channels, 1, c.rows, c.columns}, draws).requires_grad_();
    REQUIRE(has_depthwise(x, k, c.padding));
    INFO(x.sizes() << " " << k.sizes());
    CHECK(difference(depthwise(x, k, c.padding), at::conv2d(x, k, {}, 1, c.padding, 1, c.channels), {x, k}) < 1e-4);
  }
  const auto x = torch::randn({1, 2, 3, 3}, draws), k = torch::randn({2, 1, 3, 3}, draws);
  CHECK(!has_depthwise(x, k, {3, 1}));
  CHECK(!has_depthwise(x.to(torch::kFloat64), k, {1, 1}));
  CHECK(!has_depthwise(x, torch::randn({2, 1, 7, 3}, draws), {1, 1}));
}

TEST_CASE("batch normalisation, its gradients and its statistics are the library's", "[depthwise]") {
  auto draws = make_generator(2);
  for (const auto& sizes : std::vector<std::vector<std::int64_t>>{{6, 3, 5, 5}, {4, 2}, {2, 7, 1, 1}, {64, 16, 4, 4}}) {
    const auto x = (torch::randn(sizes, draws) * 3 + 100).requires_grad_();
    const auto scale = torch::randn({sizes[1]}, draws).requires_grad_(),
               shift = torch::randn({sizes[1]}, draws).requires_grad_();
    auto mean = torch::zeros({sizes[1]}), variance = torch::ones({sizes[1]});
    auto own_mean = mean.clone(), own_variance = variance.clone();
    INFO(x.sizes());
    const auto theirs = at::batch_norm(x, scale, shift, mean, variance, true, 1.0, 1e-5, false);
    const auto ours = normalise_batch(x, scale, shift, 1e-5, own_mean, own_variance);
    CHECK(difference(ours, theirs, {x, scale, shift}) < 2e-3);  // means near 100: float32 leaves three digits
    CHECK(torch::equal(ours, normalise_batch(x, scale, shift, 1e-5, {}, {})));
    CHECK(torch::allclose(own_mean, mean, 1e-5, 1e-4));
    CHECK(torch::allclose(own_variance, variance, 1e-3, 1e-4));
  }
}
