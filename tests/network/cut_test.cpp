#include "weightloom/network/cut.hpp"

#include <catch2/catch.hpp>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

NetworkDescription one_convolution(int kernel) {
  Net net("a.conv", {{"kernel", kernel}}, {1, 9, 9});
  net.conv("conv", "image", 1, 4, kernel, 1, kernel / 2);
  net.node("pool", "global_avg_pool", {"conv"});
  net.linear("head", "pool", 4, 2);
  return net.parse();
}

}  // namespace

TEST_CASE("kernels of another size are centred") {
  using Places = std::vector<std::int64_t>;
  const auto of = [](int target, int source) {
    const auto network = one_convolution(target);
    const auto cut = cut_network(network, one_convolution(source))[*network.find_parameter("conv.weight")];
    REQUIRE(cut.has_value());
    CHECK(cut->axes[0].whole());
    CHECK(cut->axes[3].from == cut->axes[2].from);
    return cut->axes[2].from;
  };
  CHECK(of(3, 5) == Places{1, 2, 3});
  CHECK(of(5, 3) == Places{-1, 0, 1, 2, -1});
  CHECK(of(3, 3).empty());
  // Even sizes: rounded down, as the document says.
  CHECK(of(5, 2) == Places{-1, -1, 0, 1, -1});
}

TEST_CASE("a block that is repeated adds its share, one that is not adds all") {
  const auto deep = resnet(5).parse();
  const auto cuts = cut_network(deep, resnet(2).parse());
  const auto factor = [&](const std::string& name) { return cuts[*deep.find_parameter(name)]->factor; };
  // Blocks 0 and 1 come from the first, 2 to 4 from the last.
  CHECK(factor("stage0.block1.norm2.scale") == 0.5);
  CHECK(factor("stage0.block1.norm2.shift") == 0.5);
  CHECK(factor("stage0.block4.norm2.scale") == Approx(1.0 / 3));
  CHECK(factor("stage0.block4.norm2.running_var") == 1);
  CHECK(factor("stage0.block4.conv2.weight") == 1);
  CHECK(factor("stage0.block4.norm1.scale") == 1);
  CHECK(factor("stem.norm.scale") == 1);
  const auto shallow = resnet(2).parse();
  for (const auto& cut : cut_network(shallow, resnet(5).parse())) CHECK(cut->factor == 1);
}

TEST_CASE("there is no cut between tensors of another role or rank") {
  Net a("a.b", Json::object(), {4}), b("a.b", Json::object(), {4});
  a.linear("first", "image", 4, 4);
  a.linear("head", "first", 4, 2);
  b.linear("other", "image", 4, 4);
  b.linear("head", "other", 4, 2);
  const auto target = a.parse();
  const auto cuts = cut_network(target, b.parse());
  CHECK_FALSE(cuts[*target.find_parameter("first.weight")].has_value());
  CHECK(cuts[*target.find_parameter("head.weight")]->whole());
}
