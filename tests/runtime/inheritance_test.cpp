#include "weightloom/runtime/inheritance.hpp"

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/runtime/executor.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

torch::Tensor answers(const NetworkDescription& network, const Weights& weights, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  return Executor(network).forward(weights, images);
}

// `target` with all that it can take from `source`.
Weights cut(const NetworkDescription& target, const NetworkDescription& source, const Weights& weights) {
  return inherit(target, initial_weights(target, 1, 9), source, weights, Head::kInherit);
}

torch::Tensor eight_by_eight() {
  auto draws = make_generator(3);
  return torch::randn({5, 1, 8, 8}, draws);
}

}  // namespace

TEST_CASE("a wider network computes what the one computes that it was cut from", "[inheritance]") {
  const auto images = eight_by_eight();
  const auto same = [&](const NetworkDescription& narrow, const NetworkDescription& wide) {
    INFO(narrow.architecture);
    const auto weights = initial_weights(narrow, 1, 4);
    const auto expected = answers(narrow, weights, images), got = answers(wide, cut(wide, narrow, weights), images);
    CHECK((expected - got).abs().max().item<double>() < 1e-4 * expected.abs().max().item<double>());
  };
  for (const std::int64_t width : {17, 32, 50}) same(small_mlp(8, 3, 16), small_mlp(8, 3, width));
  for (const std::int64_t width : {7, 12, 20}) same(small_cnn(8, 3, 6), small_cnn(8, 3, width));
  for (const std::int64_t width : {9, 16}) same(small_resnet(8, 3, 8), small_resnet(8, 3, width));
  // Layer norm sees the mean over units: only whole multiples keep it.
  same(small_vit(8, 3, 12, 3), small_vit(8, 3, 24, 6));
}

TEST_CASE("a narrower network takes the first units, whole channels of a flattened map and whole heads",
          "[inheritance]") {
  const auto wide = small_cnn(8, 3, 6), narrow = small_cnn(8, 3, 4);
  const auto weights = initial_weights(wide, 1, 4), taken = cut(narrow, wide, weights);
  const auto of = [](const NetworkDescription& network, const Weights& from, const char* name) {
    return from.tensors[*network.find_parameter(name)][0];
  };
  CHECK(torch::equal(of(narrow, taken, "conv0.weight"), of(wide, weights, "conv0.weight").slice(0, 0, 4)));
  CHECK(torch::equal(of(narrow, taken, "conv0.bias"), of(wide, weights, "conv0.bias").slice(0, 0, 4)));
  // Fewer inputs have to be larger; a channel's map is 4 x 4.
  const double gain = std::sqrt(6.0 / 4);
  CHECK(torch::allclose(of(narrow, taken, "conv1.weight"),
                        of(wide, weights, "conv1.weight").slice(0, 0, 4).slice(1, 0, 4) * gain));
  CHECK(torch::allclose(of(narrow, taken, "head.weight"),
                        of(wide, weights, "head.weight").view({3, 6, 16}).slice(1, 0, 4).reshape({3, 64}) * gain));

  // Three heads of four: two heads are units 0 to 7, and narrower heads take the first places of each.
  const auto vit = small_vit(8, 3, 12, 3);
  const auto tokens = initial_weights(vit, 1, 5);
  const auto query = of(vit, tokens, "block0.query.bias") + torch::arange(12);
  Weights marked = tokens;
  marked.tensors[*vit.find_parameter("block0.query.bias")] = query.unsqueeze(0);
  const auto fewer = small_vit(8, 3, 8, 2), slimmer = small_vit(8, 3, 6, 3);
  CHECK(torch::equal(of(fewer, cut(fewer, vit, marked), "block0.query.bias"), query.slice(0, 0, 8)));
  CHECK(torch::equal(of(slimmer, cut(slimmer, vit, marked), "block0.query.bias"),
                     query.index_select(0, torch::tensor({0, 1, 4, 5, 8, 9}))));
}

TEST_CASE("a network of the same shapes takes everything as it is, and another head only for the same classes",
          "[inheritance]") {
  const auto network = small_resnet();
  const auto weights = initial_weights(network, 1, 4), taken = cut(network, network, weights);
  for (std::size_t i = 0; i < weights.tensors.size(); ++i) CHECK(taken.tensors[i].is_same(weights.tensors[i]));
  const auto five = small_mlp(8, 5), three = small_mlp(8, 3);
  const auto start = initial_weights(three, 1, 9);
  const auto head = *three.find_parameter("head.weight");
  CHECK(torch::equal(cut(three, five, initial_weights(five, 1, 1)).tensors[head], start.tensors[head]));
}

TEST_CASE("cuts are differentiable: every value of the source that is used gets its gradient", "[inheritance]") {
  const auto wide = small_mlp(8, 3, 16), narrow = small_mlp(8, 3, 10);
  auto weights = initial_weights(wide, 1, 4);
  for (auto& tensor : weights.tensors) tensor.requires_grad_();
  Executor(narrow).forward(cut(narrow, wide, weights), eight_by_eight()).sum().backward();
  const auto gradient = weights.tensors[*wide.find_parameter("block1.fc.weight")].grad();
  CHECK(gradient[0].slice(0, 0, 10).slice(1, 0, 10).abs().sum().item<double>() > 0);
  CHECK(gradient[0].slice(0, 10).abs().sum().item<double>() == 0);
}
