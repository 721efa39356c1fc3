#include "weightloom/network/symmetry.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

// "name:axis[outer,inner]" with + for a producing axis.
std::set<std::string> members(const NetworkDescription& net, const SymmetryGroup& group) {
  std::set<std::string> result;
  for (const auto& m : group.members)
    result.insert(net.parameters[m.parameter].name + ":" + std::to_string(m.axis) + "[" + std::to_string(m.outer) +
                  "," + std::to_string(m.inner) + "]" + (m.produces ? "+" : ""));
  return result;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("hidden units of a multilayer perceptron may be reordered, inputs and classes may not") {
  const auto net = mlp().parse();
  const auto groups = symmetry_groups(net);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].size == 8);
  CHECK(members(net, groups[0]) == Names{"layer0.weight:0[1,1]+", "layer0.bias:0[1,1]+", "layer1.weight:1[1,1]"});
  CHECK(groups[1].size == 6);
  CHECK(members(net, groups[1]) == Names{"layer1.weight:0[1,1]+", "layer1.bias:0[1,1]+", "head.weight:1[1,1]"});
}

TEST_CASE("flattened channels move with all their pixels") {
  const auto net = cnn().parse();
  const auto groups = symmetry_groups(net);
  REQUIRE(groups.size() == 2);
  CHECK(members(net, groups[0]) == Names{"conv0.weight:0[1,1]+", "conv1.weight:1[1,1]"});
  CHECK(groups[1].size == 5);
  CHECK(members(net, groups[1]) == Names{"conv1.weight:0[1,1]+", "head.weight:1[1,4]"});
}

TEST_CASE("a residual stream is one group, the inside of each block another") {
  const auto net = resnet(2).parse();
  const auto groups = symmetry_groups(net);
  REQUIRE(groups.size() == 3);
  const auto stream = members(net, groups[0]);
  CHECK(stream.size() == 1 + 4 + 2 * (1 + 1 + 4) + 1);
  for (const auto* name :
       {"stem.conv.weight:0[1,1]+", "stem.norm.running_var:0[1,1]", "stage0.block0.conv1.weight:1[1,1]",
        "stage0.block0.conv2.weight:0[1,1]+", "stage0.block1.norm2.shift:0[1,1]", "head.weight:1[1,1]"})
    CHECK(stream.contains(name));
  CHECK(members(net, groups[2]) == Names{"stage0.block1.conv1.weight:0[1,1]+", "stage0.block1.norm1.scale:0[1,1]",
                                         "stage0.block1.norm1.shift:0[1,1]", "stage0.block1.norm1.running_mean:0[1,1]",
                                         "stage0.block1.norm1.running_var:0[1,1]",
                                         "stage0.block1.conv2.weight:1[1,1]"});
}

TEST_CASE("attention heads move as blocks, the places inside all heads alike, embedding and hidden units freely") {
  const auto net = vit().parse();
  const auto groups = symmetry_groups(net);
  REQUIRE(groups.size() == 4);
  CHECK(groups[0].size == 6);
  CHECK(members(net, groups[0]) ==
        Names{"patch.weight:0[1,1]+", "class_token:0[1,1]+", "position:1[1,1]+", "block0.norm1.scale:0[1,1]",
              "block0.norm1.shift:0[1,1]", "block0.query.weight:1[1,1]", "block0.key.weight:1[1,1]",
              "block0.value.weight:1[1,1]", "block0.out.weight:0[1,1]+", "block0.out.bias:0[1,1]+",
              "block0.norm2.scale:0[1,1]", "block0.norm2.shift:0[1,1]", "block0.up.weight:1[1,1]",
              "block0.down.weight:0[1,1]+", "block0.down.bias:0[1,1]+", "norm.scale:0[1,1]", "norm.shift:0[1,1]",
              "head.weight:1[1,1]"});
  CHECK(groups[1].size == 2);
  CHECK(members(net, groups[1]) == Names{"block0.query.weight:0[1,3]+", "block0.query.bias:0[1,3]+",
                                         "block0.key.weight:0[1,3]+", "block0.key.bias:0[1,3]+",
                                         "block0.value.weight:0[1,3]+", "block0.value.bias:0[1,3]+",
                                         "block0.out.weight:1[1,3]"});
  CHECK(groups[2].size == 3);
  CHECK(members(net, groups[2]) == Names{"block0.query.weight:0[2,1]+", "block0.query.bias:0[2,1]+",
                                         "block0.key.weight:0[2,1]+", "block0.key.bias:0[2,1]+",
                                         "block0.value.weight:0[2,1]+", "block0.value.bias:0[2,1]+",
                                         "block0.out.weight:1[2,1]"});
  CHECK(groups[3].size == 12);
}

TEST_CASE("a concatenation holds its channels in place") {
  Net net("a.b", Json::object(), {2, 4, 4});
  const auto left = net.conv("left", "image", 2, 4, 1), right = net.conv("right", "image", 2, 4, 1);
  const auto both = net.node("both", "concat", {left, right}, Json::object(), {{"axis", 0}});
  net.linear("head", net.node("pooled", "global_avg_pool", {both}), 8, 2);
  CHECK(symmetry_groups(net.parse()).empty());
}

TEST_CASE("groups move as a whole, the channels inside of all groups alike") {
  Net net("a.b", Json::object(), {2, 4, 4});
  auto x = net.conv("first", "image", 2, 6, 1);
  x = net.node("grouped", "conv2d", {x}, {{"weight", net.parameter("grouped.weight", {4, 3, 1, 1}, "weight", "zeros")}},
               {{"groups", 2}});
  x = net.node("normed", "group_norm", {x},
               {{"scale", net.parameter("normed.scale", {4}, "scale", "ones")},
                {"shift", net.parameter("normed.shift", {4}, "shift", "zeros")}},
               {{"groups", 2}});
  net.linear("head", net.node("pooled", "global_avg_pool", {x}), 4, 2);
  const auto description = net.parse();
  const auto groups = symmetry_groups(description);
  REQUIRE(groups.size() == 3);
  CHECK(members(description, groups[0]) == Names{"first.weight:0[1,3]+", "grouped.weight:0[1,2]+",
                                                 "normed.scale:0[1,2]", "normed.shift:0[1,2]", "head.weight:1[1,2]"});
  CHECK(members(description, groups[1]) == Names{"first.weight:0[2,1]+", "grouped.weight:1[1,1]"});
  CHECK(members(description, groups[2]) ==
        Names{"grouped.weight:0[2,1]+", "normed.scale:0[2,1]", "normed.shift:0[2,1]", "head.weight:1[2,1]"});
}

TEST_CASE("the channels of a depthwise convolution are units like any") {
  Net net("a.b", Json::object(), {2, 4, 4});
  auto x = net.conv("first", "image", 2, 6, 1);
  x = net.node("apart", "conv2d", {x}, {{"weight", net.parameter("apart.weight", {6, 1, 3, 3}, "weight", "zeros")}},
               {{"groups", 6}});
  net.linear("head", net.node("pooled", "global_avg_pool", {x}), 6, 2);
  const auto description = net.parse();
  const auto groups = symmetry_groups(description);
  REQUIRE(groups.size() == 1);
  CHECK(members(description, groups[0]) == Names{"first.weight:0[1,1]+", "apart.weight:0[1,1]+", "head.weight:1[1,1]"});
}

TEST_CASE("a weight that two nodes share ties their axes together") {
  Net net("a.b", Json::object(), {4});
  const auto first = net.linear("first", "image", 4, 4);
  const Json shared = {{"weight", net.parameter("shared.weight", {4, 4}, "weight", "zeros")}};
  auto x = net.node("once", "linear", {first}, shared);
  x = net.node("twice", "linear", {x}, shared);
  net.linear("head", x, 4, 2);
  const auto description = net.parse();
  const auto groups = symmetry_groups(description);
  REQUIRE(groups.size() == 1);
  CHECK(members(description, groups[0]) == Names{"first.weight:0[1,1]+", "first.bias:0[1,1]+", "shared.weight:0[1,1]+",
                                                 "shared.weight:1[1,1]", "head.weight:1[1,1]"});
}

TEST_CASE("an axis order moves whole units") {
  const SymmetryMember member{0, 0, 2, 2, false};
  CHECK(axis_order(member, {1, 2, 0}) == std::vector<std::int64_t>{2, 3, 4, 5, 0, 1, 8, 9, 10, 11, 6, 7});
}
