#include "weightloom/sdk/blocks.hpp"

#include <catch2/catch.hpp>

using namespace weightloom::sdk;
using Catch::Contains;

namespace {

// The lists of a schema with two of them, as `text` leaves them.
std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> settled(const std::string& text) {
  const auto config = ConfigSchema()
                          .integers("depth", {2, 2, 2}, {1, 9}, "")
                          .integers("width", {16, 32, 64}, {1, 99}, "")
                          .complete([](Config& c) {
                            settle_lists(c, {"depth", "width"});
                          })
                          .read(text);
  return {config.integers("depth"), config.integers("width")};
}

std::string described(NetworkBuilder& net, const Value& output) {
  return net.finish(output, Task::kEmbedding).to_json("a.b", nullptr).dump();
}

}  // namespace

TEST_CASE("lists are brought to the length of the longest that was given") {
  using Lists = std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>>;
  CHECK(settled("{}") == Lists{{2, 2, 2}, {16, 32, 64}});
  CHECK(settled(R"({"depth": [1, 3]})") == Lists{{1, 3}, {16, 32}});
  CHECK(settled(R"({"width": [4, 5, 6, 7]})") == Lists{{2, 2, 2, 2}, {4, 5, 6, 7}});
  CHECK(settled(R"({"width": 8})") == Lists{{2, 2, 2}, {8, 8, 8}});
  CHECK(settled(R"({"width": 8, "depth": [1, 2]})") == Lists{{1, 2}, {8, 8}});
  CHECK(settled(R"({"width": 8, "depth": 1})") == Lists{{1}, {8}});
  CHECK_THROWS_WITH(settled(R"({"width": []})"), "config key 'width': is empty; give at least one number");
}

TEST_CASE("channels are rounded to multiples, and lose a tenth at most") {
  CHECK(divisible(32) == 32);
  CHECK(divisible(35.2) == 32);
  CHECK(divisible(36) == 40);
  CHECK(divisible(3) == 8);
  CHECK(divisible(11) == 16);  // 8 would be too few
  CHECK(divisible(11, 1) == 11);
}

TEST_CASE("an inverted residual expands where it has to, and adds its input where it can") {
  NetworkBuilder net;
  const auto image = net.image(8, 6, 6);
  const auto same = inverted_residual(net, "a", image, {.out = 8, .expanded = 8});
  const auto other = inverted_residual(net, "b", same, {.out = 4, .expanded = 16, .stride = 2, .squeezed = 2});
  CHECK(same.name == "add1");
  CHECK(other.shape == Shape{4, 3, 3});
  const auto text = described(net, net.flatten(other));
  CHECK_THAT(text, Contains("a.depthwise.conv.weight") && !Contains("a.expand") && !Contains("a.squeeze"));
  CHECK_THAT(text, Contains("b.expand.conv.weight") && Contains("b.squeeze.reduce.bias") && Contains("b.project.norm"));

  Dialect names("theirs");
  inverted_residual(names, "block", "b", true, true);
  const auto rules = names.json().dump();
  for (const auto* foreign : {"block.0.0.weight", "block.1.1.running_var", "block.2.fc2.bias", "block.3.1.weight"})
    CHECK_THAT(rules, Contains(foreign));
}

TEST_CASE("tokens of any leading dimensions attend to each other, through a mask where there is one") {
  NetworkBuilder net;
  auto x = net.input("tokens", {3, 4, 8});
  const auto mask = net.constant({4, 4}, {0});
  x = self_attention(net, "attention", x, {.heads = 2}, &mask);
  x = perceptron(net, "mlp", x, 5, &NetworkBuilder::relu);
  CHECK(x.shape == Shape{3, 4, 8});
  CHECK_THAT(described(net, net.flatten(x)), Contains("attention.query.weight") && Contains("\"shape\":[5,8]"));
}

TEST_CASE("'same' padding leaves the size over the stride, and reaches as far as a dilated kernel") {
  NetworkBuilder net;
  const auto image = net.image(2, 9, 8);
  CHECK(conv_same(net, "a", image, {.out = 3, .kernel = 3, .stride = 2}).shape == Shape{3, 5, 4});
  CHECK(conv_same(net, "b", image, {.out = 3, .kernel = {1, 3}, .dilation = 2}).shape == Shape{3, 9, 8});
  const auto pooled = max_pool_same(net, image, 3, 2);
  CHECK(pooled.shape == Shape{2, 5, 4});
  const auto text = described(net, net.flatten(pooled));
  CHECK_THAT(text, Contains(R"("before":[0,1,0],"after":[0,1,1],"value":0)") &&
                       Contains(R"("before":[0,0,2],"after":[0,0,2],"value":0)") && Contains(R"("value":-3.4e+38)"));
}

TEST_CASE("layouts of TensorFlow become ours") {
  Dialect names("theirs");
  names.tensor("a", "a.weight", from_hwio()).tensor("b", "b.weight", from_depthwise());
  names.tensor("c", "c.weight", from_depthwise({3, 5}, 4, 2)).tensor("d", "d.weight", from_dense());
  names.tensor("e", "e.weight", from_dense({4, 3, 2}, 7));
  const auto text = names.json().dump();
  CHECK_THAT(text, Contains(R"("a.weight","transform":[{"transpose":[3,2,0,1]}]})") &&
                       Contains(R"("b.weight","transform":[{"transpose":[2,3,0,1]}]})") &&
                       Contains(R"({"reshape":{"from":[4,2,3,5],"to":[8,1,3,5]}}]})") &&
                       Contains(R"("d.weight","transform":[{"transpose":[1,0]}]})"));
  CHECK_THAT(text, Contains(R"([{"reshape":{"from":[24,7],"to":[3,2,4,7]}},{"transpose":[3,2,0,1]},)"
                            R"({"reshape":{"from":[7,4,3,2],"to":[7,24]}}]})"));
}
