#include "weightloom/runtime/samples.hpp"

#include <catch2/catch.hpp>

#include "weightloom/compute/random.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/sdk/network.hpp"

namespace weightloom {
namespace {

NetworkDescription described(const sdk::Network& network) {
  return parse_description(network.to_json("test.samples", sdk::Json::Object{}).dump());
}

torch::Tensor drawn(const NetworkDescription& description) {
  auto generator = make_generator(1);
  return random_samples(description, 200, generator);
}

void check_words(const torch::Tensor& values, std::int64_t words) {
  CHECK(torch::equal(values, values.floor()));
  CHECK(values.min().item<double>() == 0);
  CHECK(values.max().item<double>() == static_cast<double>(words - 1));
}

TEST_CASE("parts of an input that are looked up are words, others are normal") {
  sdk::NetworkBuilder net;
  const auto parts = net.inputs({{4}, {2, 3}, {5}});
  const auto turned = net.permute(parts[1], {1, 0});
  const auto joined = net.concat({net.select(turned, 1, 0), parts[2]}, 0);
  auto x = net.mean(net.embedding("few", joined, {.words = 9, .width = 4}), 0);
  x = net.add(x, net.mean(net.embedding("fewer", net.slice(parts[2], 0, 4, 5), {.words = 3, .width = 4}), 0));
  const auto description = described(net.classifier("head", net.add(x, net.linear("a", parts[0], {.out = 4})), 2));
  const auto samples = drawn(description);
  REQUIRE(samples.sizes() == torch::IntArrayRef({200, 15}));
  check_words(samples.slice(1, 4, 7), 9);
  check_words(samples.slice(1, 10, 14), 9);
  check_words(samples.slice(1, 14, 15), 3);
  for (const auto& normal : {samples.slice(1, 0, 4), samples.slice(1, 7, 10)}) {
    CHECK(normal.min().item<double>() < -1);
    CHECK(normal.std().item<double>() == Approx(1).margin(0.1));
  }
  CHECK_NOTHROW(Executor(description).forward(initial_weights(description, 1, 0), samples));
}

TEST_CASE("an input of tokens is words everywhere") {
  sdk::NetworkBuilder net;
  const auto x = net.embedding("words", net.tokens(6, 7), {.words = 7, .width = 4});
  check_words(drawn(described(net.classifier("head", net.mean(x, 0), 2))), 7);
}

}  // namespace
}  // namespace weightloom
