#include "weightloom/runtime/alignment.hpp"

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "synthetic.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/runtime/training.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

std::vector<NetworkDescription> families() {
  return {small_mlp(8), small_cnn(8), small_resnet(8), small_vit(8)};
}

Weights randomly_permuted(const NetworkDescription& description, const Weights& weights, std::uint64_t seed) {
  Random random(seed);
  const auto groups = symmetry_groups(description);
  std::vector<std::vector<std::int64_t>> orders;
  for (const auto& group : groups) orders.push_back(random.permutation(group.size));
  return permute_units(description, groups, weights, orders);
}

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

bool equal(const Weights& a, const Weights& b) {
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (!torch::equal(a.tensors[i], b.tensors[i])) return false;
  return true;
}

}  // namespace

TEST_CASE("symmetries leave the outputs of every family unchanged", "[alignment]") {
  for (auto& description : families()) {
    INFO(description.architecture);
    CHECK(!symmetry_groups(description).empty());
    const Executor executor(std::move(description));
    for (std::uint64_t seed : {0, 1, 2}) CHECK(symmetry_error(executor, seed) < 1e-4);
  }
}

TEST_CASE("alignment undoes a random permutation exactly", "[alignment]") {
  for (const auto& description : families()) {
    INFO(description.architecture);
    const auto reference = initial_weights(description, 1, 4);
    for (std::uint64_t seed : {1, 2}) {
      const auto permuted = randomly_permuted(description, reference, seed);
      CHECK(!equal(permuted, reference));
      CHECK(equal(align(description, permuted, reference), reference));
    }
  }
}

TEST_CASE("alignment brings independent networks closer without changing what they compute", "[alignment]") {
  const auto data = synthetic_data(3, 8);
  for (auto& description : families()) {
    INFO(description.architecture);
    const Executor executor(description);
    TrainingOptions options;
    options.steps = 40;
    options.batch = 32;
    options.learning_rate = 3e-3;
    const auto trained = train(executor, initial_weights(description, 2, 4), {&data.train}, options);
    const auto reference = trained.member(0), other = trained.member(1);
    const auto aligned = align(description, other, reference);
    CHECK(relative_difference(executor.forward(aligned, data.test.images), executor.forward(other, data.test.images)) <
          1e-4);
    const auto distance = [&](const Weights& weights) {
      double sum = 0;
      for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
        const auto spread = reference.tensors[i].var(false).item<double>();
        if (spread > 1e-12) sum += (weights.tensors[i] - reference.tensors[i]).square().sum().item<double>() / spread;
      }
      return sum;
    };
    CHECK(distance(aligned) < distance(other));
    CHECK(equal(align(description, reference, reference), reference));
  }
}
