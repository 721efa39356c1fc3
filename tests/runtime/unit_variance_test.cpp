#include "weightloom/runtime/unit_variance.hpp"

#include <catch2/catch.hpp>

#include "../support/small_networks.hpp"
#include "weightloom/runtime/dataset.hpp"

namespace weightloom {
namespace {

torch::Tensor images() {
  auto generator = make_generator(7);
  return torch::randn({64, 1, 4, 4}, generator);
}

TEST_CASE("signals do not vanish, however deep the network is, and the head stays as it is") {
  const Executor executor(test::small_mlp(12));
  auto weights = initial_weights(executor.description(), 1, 3);
  for (auto& tensor : weights.tensors) tensor = tensor * 0.05;
  const Weights scaled = unit_variance(executor, weights, images());
  for (int block = 0; block < 12; ++block) {
    const auto value = executor.value(scaled, images(), "block" + std::to_string(block) + ".linear");
    CHECK(value.std().item<double>() > 1.0 / 20);
    CHECK(value.std().item<double>() < 1.001);
  }
  const auto head = *executor.description().find_parameter("head.weight");
  CHECK(torch::equal(scaled.tensors[head], weights.tensors[head]));
}

TEST_CASE("a network that was well initialised stays as it is") {
  const Executor executor(test::small_mlp(2));
  const auto weights = initial_weights(executor.description(), 1, 3);
  const Weights scaled = unit_variance(executor, weights, images());
  for (std::size_t p = 0; p < weights.tensors.size(); ++p) CHECK(torch::equal(scaled.tensors[p], weights.tensors[p]));
}

TEST_CASE("a layer that is constant on the images stays as it is") {
  const Executor executor(test::small_mlp(2));
  auto weights = initial_weights(executor.description(), 1, 3);
  const auto first = *executor.description().find_parameter("block0.linear.weight");
  weights.tensors[first].zero_();
  const Weights scaled = unit_variance(executor, weights, images());
  for (std::size_t p = 0; p < weights.tensors.size(); ++p) CHECK(scaled.tensors[p].isfinite().all().item<bool>());
  CHECK(torch::equal(scaled.tensors[first], weights.tensors[first]));
}

TEST_CASE("what a visitor returns takes a value's place") {
  const Executor executor(test::small_mlp(2));
  const auto weights = initial_weights(executor.description(), 1, 3);
  std::vector<std::string> seen;
  torch::Tensor last;
  executor.visit(weights, images(), {}, [&](const NodeSpec& node, const torch::Tensor& value) {
    seen.push_back(node.name);
    last = value;
    return node.name == "block0.linear" ? torch::zeros_like(value) : value;
  });
  CHECK(seen.size() == executor.description().nodes.size());
  // Biases are zero at the start: nothing comes after a zero.
  CHECK(last.abs().max().item<double>() == 0);
}

}  // namespace
}  // namespace weightloom
