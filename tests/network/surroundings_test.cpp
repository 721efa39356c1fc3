#include "weightloom/network/surroundings.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

constexpr std::size_t kAfter = 3 * kOperatorFeatures;

struct Graph {
  NetworkDescription description;
  std::vector<Surroundings> rows;

  explicit Graph(const Net& net) : description(net.parse()), rows(surroundings(description, analyse(description))) {}

  const Surroundings& of(const std::string& parameter) const { return rows[*description.find_parameter(parameter)]; }
  bool beside(const std::string& parameter, std::size_t part, const std::string& op) const {
    return of(parameter)[part * kOperatorFeatures + *find_operator(op)->feature] == 1;
  }
};

}  // namespace

TEST_CASE("a parameter knows the operators around it, and the ends of the graph") {
  const Graph graph(mlp());
  CHECK(graph.beside("layer1.weight", 0, "linear"));
  CHECK(graph.beside("layer1.weight", 1, "relu"));
  CHECK(graph.beside("layer1.weight", 2, "relu"));
  CHECK_FALSE(graph.beside("head.weight", 2, "relu"));
  CHECK(graph.of("head.weight")[kAfter + 1] == 1);
  CHECK(graph.of("layer1.weight")[kAfter + 1] == 0);
  const auto stem = Graph(resnet(2)).of("stem.conv.weight");
  CHECK(stem[kAfter] == 1);
}

TEST_CASE("distances count matrices on the longest way") {
  const Graph graph(resnet(2));  // the stem, two blocks of two, the head
  const auto matrices = [&](const std::string& parameter, std::size_t place) {
    return std::lround(std::exp2(graph.of(parameter)[kAfter + place] * 10) - 1);
  };
  CHECK(matrices("stem.conv.weight", 5) == 0);
  CHECK(matrices("stem.conv.weight", 6) == 5);
  CHECK(matrices("stage0.block1.conv1.weight", 5) == 3);
  CHECK(matrices("head.weight", 5) == 5);
  CHECK(graph.of("stage0.block1.conv1.weight")[kAfter + 7] == Approx(3.0 / 5));
}

TEST_CASE("what a way leads past is on a branch, at any depth") {
  for (const int blocks : {1, 70}) {
    const Graph graph(resnet(blocks));
    CHECK(graph.of("stage0.block0.conv2.weight")[kAfter + 8] == 1);
    CHECK(graph.of("stage0.block0.norm1.scale")[kAfter + 8] == 1);
    CHECK(graph.of("stem.conv.weight")[kAfter + 8] == 0);
    CHECK(graph.of("head.weight")[kAfter + 8] == 0);
  }
}

TEST_CASE("queries, keys and values differ by their place, not by their names") {
  const Graph graph(vit());
  CHECK(graph.of("block0.query.weight")[kAfter + 2] == 0);
  CHECK(graph.of("block0.key.weight")[kAfter + 2] == Approx(1.0 / 3));
  CHECK(graph.of("block0.value.weight")[kAfter + 2] == Approx(2.0 / 3));
}

TEST_CASE("names mean nothing, and every value is within bounds") {
  Net net("org.weightloom.mlp", {{"hidden", {8, 6}}}, {1, 4, 4});
  auto x = net.node("a", "flatten", {"image"});
  x = net.node("b", "relu", {net.linear("stage7.block3.x", x, 16, 8)});
  x = net.node("c", "relu", {net.linear("y", x, 8, 6)});
  net.linear("head", x, 6, 3);
  CHECK(Graph(net).rows == Graph(mlp()).rows);
  for (const auto& example : {mlp(), cnn(), resnet(70), vit()})
    for (const auto& row : Graph(example).rows)
      for (const float value : row) CHECK(std::abs(value) <= 1.5f);
}
