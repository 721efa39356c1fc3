#include "weightloom/network/graph.hpp"

#include <catch2/catch.hpp>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

TEST_CASE("the shapes, cost and head of a multilayer perceptron") {
  const auto facts = analyse(mlp().parse());
  CHECK(facts.shapes.at("image") == Shape{1, 4, 4});
  CHECK(facts.shapes.at("flat") == Shape{16});
  CHECK(facts.shapes.at("head") == Shape{3});
  CHECK(facts.flops == 2 * (16 * 8 + 8 * 6 + 6 * 3));
  CHECK(facts.activation_values == 16 + 16 + 8 + 8 + 6 + 6 + 3);
  CHECK(facts.head_node == "head");
  CHECK(facts.head_input == "act1");
  CHECK(facts.head_weight == "head.weight");
  CHECK(facts.head_bias == "head.bias");
}

TEST_CASE("the shapes and cost of a convolutional network") {
  const auto facts = analyse(cnn().parse());
  CHECK(facts.shapes.at("conv0") == Shape{4, 8, 8});
  CHECK(facts.shapes.at("pool0") == Shape{4, 4, 4});
  CHECK(facts.shapes.at("conv1") == Shape{5, 2, 2});
  CHECK(facts.shapes.at("flat") == Shape{20});
  CHECK(facts.flops == 2 * (4 * 64 * 9 + 5 * 4 * 4 * 9 + 20 * 3));
}

TEST_CASE("the shapes and cost of a vision transformer") {
  const auto facts = analyse(vit().parse());
  CHECK(facts.shapes.at("tokens") == Shape{4, 6});
  CHECK(facts.shapes.at("placed") == Shape{5, 6});
  CHECK(facts.shapes.at("block0.attention") == Shape{5, 6});
  CHECK(facts.shapes.at("class") == Shape{6});
  CHECK(facts.flops == 2 * (4 * 6 * 16 + 4 * 5 * 36 + 2 * 5 * 5 * 6 + 2 * 5 * 72 + 18));
  CHECK(facts.head_input == "class");
}

TEST_CASE("strides, dilation and padding follow the floor formula") {
  Net net("a.b", Json::object(), {2, 9, 7});
  net.node("conv", "conv2d", {"image"}, {{"weight", net.parameter("conv.weight", {4, 1, 3, 2}, "weight", "zeros")}},
           {{"stride", {2, 3}}, {"padding", {1, 0}}, {"dilation", {2, 1}}, {"groups", 2}});
  net.node("pool", "avg_pool", {"conv"}, Json::object(), {{"kernel", {2, 2}}, {"stride", {1, 1}}, {"padding", {1, 0}}});
  net.node("flat", "flatten", {"pool"});
  net.linear("head", "flat", 20, 2);
  const auto facts = analyse(net.parse());
  CHECK(facts.shapes.at("conv") == Shape{4, 4, 2});
  CHECK(facts.shapes.at("pool") == Shape{4, 5, 1});
}

TEST_CASE("the head is found behind operators that keep it, and is empty when the network ends otherwise") {
  auto net = mlp();
  net.node("scaled", "scale", {"head"}, Json::object(), {{"factor", 2}});
  net.node("probabilities", "softmax", {"scaled"}, Json::object(), {{"axis", 0}});
  net.json["output"] = "probabilities";
  CHECK(analyse(net.parse()).head_node == "head");

  net.node("squashed", "tanh", {"probabilities"});
  net.json["output"] = "squashed";
  CHECK(analyse(net.parse()).head_node.empty());
}
