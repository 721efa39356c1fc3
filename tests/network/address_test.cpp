#include "weightloom/network/address.hpp"

#include <catch2/catch.hpp>

#include "descriptions.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

// The source block that each target block's first convolution takes its values from.
std::vector<int> blocks(int target_depth, int source_depth) {
  const auto target = resnet(target_depth).parse(), source = resnet(source_depth).parse();
  const auto matches = match_by_address(target, source);
  const auto source_addresses = addresses(source);
  std::vector<int> result;
  for (int b = 0; b < target_depth; ++b) {
    const auto base = "stage0.block" + std::to_string(b);
    const auto first = matches[*target.find_parameter(base + ".conv1.weight")];
    const auto last = matches[*target.find_parameter(base + ".norm2.running_var")];
    REQUIRE(first.has_value());
    REQUIRE(last.has_value());
    CHECK(source_addresses[*first].block == source_addresses[*last].block);
    CHECK(source_addresses[*first].branch == "conv1.weight");
    result.push_back(source_addresses[*first].block);
  }
  CHECK(matches[*target.find_parameter("stem.conv.weight")] == source.find_parameter("stem.conv.weight"));
  return result;
}

}  // namespace

TEST_CASE("an address names stage, block, scope and branch") {
  const auto net = resnet(3).parse();
  const auto address = addresses(net)[*net.find_parameter("stage0.block1.conv2.weight")];
  CHECK(address.stage == 0);
  CHECK(address.block == 1);
  CHECK(address.blocks == 3);
  CHECK(address.scope == "stage0");
  CHECK(address.branch == "conv2.weight");
  CHECK(address.fraction() == 0.5);

  const auto head = addresses(net)[*net.find_parameter("head.bias")];
  CHECK(head.stage == -1);
  CHECK(head.block == -1);
  CHECK(head.blocks == 0);
  CHECK(head.branch == "head.bias");
}

TEST_CASE("components that only look like indices are free text") {
  Net net("a.b", Json::object(), {2});
  net.linear("blocks.block01.block9999999.stage.block", "image", 2, 2);
  net.linear("head", "blocks.block01.block9999999.stage.block", 2, 2);
  const auto address = addresses(net.parse())[0];
  CHECK(address.block == -1);
  CHECK(address.stage == -1);
}

TEST_CASE("blocks of networks of different depth correspond by place") {
  CHECK(blocks(1, 2) == std::vector<int>{0});
  CHECK(blocks(2, 1) == std::vector<int>{0, 0});
  CHECK(blocks(2, 3) == std::vector<int>{0, 2});
  CHECK(blocks(3, 2) == std::vector<int>{0, 1, 1});
  CHECK(blocks(3, 4) == std::vector<int>{0, 2, 3});
  CHECK(blocks(4, 3) == std::vector<int>{0, 1, 1, 2});
  CHECK(blocks(4, 4) == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("tensors of other lengths have a match, tensors of another rank or role or without a counterpart have none") {
  const auto small = mlp().parse();
  auto changed = mlp();
  changed.json["nodes"].erase(changed.json["nodes"].size() - 1);
  changed.json["parameters"].erase(changed.json["parameters"].size() - 1);
  changed.json["parameters"].erase(changed.json["parameters"].size() - 1);
  changed.linear("head", "act1", 6, 5);
  const auto matches = match_by_address(changed.parse(), small);
  CHECK(matches[0] == std::size_t{0});
  CHECK(matches[4] == std::size_t{4});
  CHECK_FALSE(match_by_address(small, resnet(1).parse())[0].has_value());
}

TEST_CASE("a block corresponds to one with the same branches, where there is one") {
  const auto network = [](int depth) {
    Net net("a.b", {{"depth", depth}}, {4});
    std::string x = "image";
    for (int b = 0; b < depth; ++b) {
      const auto base = "block" + std::to_string(b);
      const auto y = net.linear(base + ".body", x, 4, 4);
      // The first one has a projection.
      x = net.node(base + ".sum", "add", {y, b == 0 ? net.linear(base + ".skip", x, 4, 4) : x});
    }
    net.linear("head", x, 4, 2);
    return net.parse();
  };
  const auto target = network(7), source = network(3);
  const auto matches = match_by_address(target, source);
  const auto places = addresses(source);
  const auto from = [&](int block) {
    return places[*matches[*target.find_parameter("block" + std::to_string(block) + ".body.weight")]].block;
  };
  CHECK(from(0) == 0);
  CHECK(from(1) == 1);  // nearest to the first, which has a projection
  CHECK(from(4) == 1);
  CHECK(from(5) == 2);
  CHECK(from(6) == 2);
}
