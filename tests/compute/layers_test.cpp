#include "weightloom/compute/layers.hpp"

#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <catch2/catch.hpp>

#include "weightloom/compute/random.hpp"

namespace weightloom {
namespace {

TEST_CASE("layers draw what LibTorch's own draw from the process-wide generator", "[layers]") {
  const auto before = at::detail::getDefaultCPUGenerator().get_state();
  auto generator = make_generator(7);
  const Linear linear(5, 37, generator), plain(64, 3, generator, /*with_bias=*/false);
  const Embedding embedding(9, 11, generator);
  CHECK(torch::equal(at::detail::getDefaultCPUGenerator().get_state(), before));

  torch::manual_seed(7);
  const torch::nn::Linear same(5, 37), same_plain(torch::nn::LinearOptions(64, 3).bias(false));
  const torch::nn::Embedding same_embedding(9, 11);
  CHECK(torch::equal(linear->weight, same->weight));
  CHECK(torch::equal(linear->bias, same->bias));
  CHECK(torch::equal(plain->weight, same_plain->weight));
  CHECK(!plain->bias.defined());
  CHECK(torch::equal(embedding->weight, same_embedding->weight));
}

TEST_CASE("layers compute what LibTorch's own compute, and move to another type", "[layers]") {
  auto generator = make_generator(1);
  Linear linear(4, 3, generator);
  Embedding embedding(6, 2, generator);
  const auto x = torch::randn({2, 5, 4}, generator);
  CHECK(torch::allclose(linear(x), x.matmul(linear->weight.t()) + linear->bias));
  CHECK(torch::equal(embedding(torch::tensor({{5, 0}})),
                     torch::stack({embedding->weight[5], embedding->weight[0]}).unsqueeze(0)));
  torch::nn::LayerNorm same(torch::nn::LayerNormOptions({4}));
  CHECK(torch::equal(LayerNorm(4)(x), same->forward(x)));
  linear->to(torch::kCPU, torch::kFloat64);
  CHECK(linear(x.to(torch::kFloat64)).scalar_type() == torch::kFloat64);
}

}  // namespace
}  // namespace weightloom
