#include "weightloom/runtime/weights.hpp"

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;
using namespace weightloom::testing;

TEST_CASE("initial weights repeat for a seed and do not depend on the population", "[weights]") {
  const auto description = small_resnet();
  const auto three = initial_weights(description, 3, 7), one = initial_weights(description, 1, 7),
             other = initial_weights(description, 1, 8);
  REQUIRE(three.population() == 3);
  bool differs = false;
  for (std::size_t i = 0; i < one.tensors.size(); ++i) {
    CHECK(torch::equal(three.tensors[i][0], one.tensors[i][0]));
    differs |= !torch::equal(other.tensors[i], one.tensors[i]);
  }
  CHECK(differs);
  CHECK(!torch::equal(three.tensors[0][0], three.tensors[0][1]));
}

TEST_CASE("initialisers have the spread that they promise", "[weights]") {
  DescriptionWriter net("test.init", {1, 20, 20});
  auto x = net.node("flat", "flatten", {"image"});
  const std::vector<Json> inits{
      {{"kind", "normal"}, {"std", 0.5}},           {{"kind", "truncated_normal"}, {"std", 0.5}},
      {{"kind", "uniform"}, {"bound", 0.3}},        {{"kind", "kaiming_normal"}, {"gain", 2.0}},
      {{"kind", "kaiming_uniform"}, {"gain", 2.0}}, {{"kind", "xavier_uniform"}, {"gain", 1.0}},
      {{"kind", "constant"}, {"value", 0.25}}};
  for (std::size_t i = 0; i < inits.size(); ++i) {
    const auto name = "fc" + std::to_string(i);
    x = net.node(name, "linear", {x}, {{"weight", net.parameter(name + ".weight", {400, 400}, "weight", inits[i])}});
  }
  const auto weights = initial_weights(net.finish(net.linear("head", x, 400, 2)), 1, 0);
  const auto spread = [&](std::size_t i) { return weights.tensors[i].std().item<double>(); };
  const auto largest = [&](std::size_t i) { return weights.tensors[i].abs().max().item<double>(); };
  CHECK(spread(0) == Approx(0.5).epsilon(0.01));
  CHECK(spread(1) == Approx(0.5 * 0.87963).epsilon(0.01));
  CHECK(largest(1) <= 1.0);
  CHECK(largest(2) == Approx(0.3).epsilon(0.001));
  CHECK(spread(3) == Approx(2.0 / 20).epsilon(0.01));
  CHECK(spread(4) == Approx(2.0 / 20).epsilon(0.01));
  CHECK(spread(5) == Approx(std::sqrt(2.0 / 800)).epsilon(0.01));
  CHECK(weights.tensors[6].min().item<double>() == 0.25);
}

TEST_CASE("weights survive the way to host tensors and back", "[weights]") {
  const auto description = small_vit();
  const auto weights = initial_weights(description, 2, 1);
  const auto map = to_tensor_map(description, weights, 1);
  CHECK(map.size() == description.parameters.size());
  const auto back = to_weights(description, map);
  for (std::size_t i = 0; i < back.tensors.size(); ++i) CHECK(torch::equal(back.tensors[i][0], weights.tensors[i][1]));
}

TEST_CASE("other floating-point types are widened", "[weights]") {
  const auto description = small_mlp();
  auto map = to_tensor_map(description, initial_weights(description, 1, 1));
  auto& bias = map.at("head.bias");
  bias.dtype = DType::kBF16;
  bias.bytes.assign(6, std::byte{0});
  bias.bytes[2] = std::byte{0x80}, bias.bytes[3] = std::byte{0x3f};  // 1.0 at place 1
  const auto weights = to_weights(description, map);
  CHECK(torch::equal(weights.tensors.back()[0], torch::tensor({0.f, 1.f, 0.f})));
}

TEST_CASE("tensors that do not fit are all listed at once", "[weights]") {
  const auto description = small_mlp();
  auto map = to_tensor_map(description, initial_weights(description, 1, 1));
  map.erase("head.weight");
  map["head.bias"] = HostTensor::from_f32({2}, std::vector<float>{1, 2});
  map["block0.fc.bias"] = HostTensor{DType::kI32, {16}, std::vector<std::byte>(64)};
  map["stranger"] = HostTensor::from_f32({1}, std::vector<float>{1});
  try {
    to_weights(description, map);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kRefused);
    for (const char* part : {"'head.weight' [3, 16] is missing", "'head.bias' has shape [2], expected [3]",
                             "'block0.fc.bias' has dtype I32", "'stranger' [1] is unexpected"})
      CHECK(error.why().find(part) != std::string::npos);
  }
}

TEST_CASE("populations are cut and joined", "[weights]") {
  const auto weights = initial_weights(small_mlp(), 3, 5);
  const auto joined = concatenate({weights.member(2), weights.select(torch::tensor({0, 1}))});
  CHECK(joined.population() == 3);
  CHECK(torch::equal(joined.tensors[0][0], weights.tensors[0][2]));
  CHECK(torch::equal(joined.tensors[0][2], weights.tensors[0][1]));
  CHECK(weights.member(1).repeat(4).population() == 4);
  const auto copy = weights.clone();
  copy.tensors[0].zero_();
  CHECK(weights.tensors[0].abs().sum().item<double>() > 0);
}
