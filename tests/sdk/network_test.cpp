#include "weightloom/sdk/network.hpp"

#include <catch2/catch.hpp>

using namespace weightloom::sdk;
using Catch::Contains;

TEST_CASE("a network is written as its author composed it") {
  NetworkBuilder net;
  auto x = net.image(1, 4, 4);
  x = net.relu(net.conv2d("stem", x, {.out = 2, .kernel = 3, .bias = false}));
  const auto json = net.classifier("head", net.flatten(x), 3).to_json("org.example.tiny", Json::Object{{"depth", 1}});
  CHECK(
      json.dump() ==
      R"({"schema":"weightloom.network/1","architecture":"org.example.tiny","config":{"depth":1},"task":"classification",)"
      R"("input":{"name":"image","shape":[1,4,4]},"output":"head","parameters":[)"
      R"({"name":"stem.weight","shape":[2,1,3,3],"role":"weight","init":{"kind":"kaiming_normal","gain":1.4142135623730951},"trainable":true},)"
      R"({"name":"head.weight","shape":[3,8],"role":"weight","init":{"kind":"kaiming_uniform","gain":1.0},"trainable":true},)"
      R"({"name":"head.bias","shape":[3],"role":"bias","init":{"kind":"zeros"},"trainable":true}],"nodes":[)"
      R"({"name":"stem","op":"conv2d","inputs":["image"],"parameters":{"weight":"stem.weight"},)"
      R"("attributes":{"stride":[1,1],"padding":[0,0],"dilation":[1,1],"groups":1}},)"
      R"({"name":"relu1","op":"relu","inputs":["stem"]},{"name":"flatten1","op":"flatten","inputs":["relu1"]},)"
      R"({"name":"head","op":"linear","inputs":["flatten1"],"parameters":{"weight":"head.weight","bias":"head.bias"}}],)"
      R"("dialects":[]})");
}

TEST_CASE("shapes are inferred") {
  NetworkBuilder net;
  const auto x = net.image(3, 32, 20);
  CHECK(net.conv2d("a", x, {.out = 8, .kernel = {3, 5}, .stride = {2, 1}, .padding = 1, .dilation = 2}).shape ==
        Shape{8, 15, 14});
  CHECK(net.max_pool(x, {.kernel = 2}).shape == Shape{3, 16, 10});
  CHECK(net.avg_pool(x, {.kernel = 3, .stride = 2, .padding = 1}).shape == Shape{3, 16, 10});
  CHECK(net.global_avg_pool(x).shape == Shape{3});
  CHECK(net.permute(x, {2, 0, 1}).shape == Shape{20, 3, 32});
  CHECK(net.concat({x, x}, 0).shape == Shape{6, 32, 20});
  CHECK(net.select(x, 0, 2).shape == Shape{32, 20});
  const auto tokens = net.permute(net.reshape(x, {3, 640}), {1, 0});
  CHECK(net.prepend_token("token", tokens).shape == Shape{641, 3});
  CHECK(net.linear("l", tokens, {.out = 5}).shape == Shape{640, 5});
  CHECK(net.attention(tokens, tokens, tokens, 3).shape == Shape{640, 3});
}

TEST_CASE("several inputs and outputs are parts of one") {
  NetworkBuilder net;
  const auto parts = net.inputs({{1, 4, 4}, {3}});
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].shape == Shape{1, 4, 4});
  CHECK(parts[1].shape == Shape{3});
  const auto pooled = net.global_avg_pool(net.conv2d("conv", parts[0], {.out = 2, .kernel = 3}));
  const auto both = net.linear("both", net.concat({pooled, parts[1]}, 0), {.out = 4});
  const auto network = net.finish({both, net.linear("more", both, {.out = 2})}, Task::kRegression);
  const auto json = network.to_json("org.example.parts", Json::Object{}).dump();
  CHECK_THAT(json, Contains(R"("input":{"name":"inputs","shape":[19]})"));
  CHECK_THAT(json, Contains(R"("axis":0,"start":16,"stop":19,"step":1)"));
  CHECK_THAT(json, Contains(R"("task":"regression")"));
  CHECK_THROWS_AS(NetworkBuilder().inputs({{1, 0}}), ConfigError);
}

TEST_CASE("a shape that does not work out says where and why") {
  NetworkBuilder net;
  const auto x = net.image(4, 8, 8);
  const auto other = net.global_avg_pool(x);
  CHECK_THROWS_WITH(net.conv2d("a", x, {.out = 1, .kernel = 9}), Contains("'a'") && Contains("window of 9"));
  CHECK_THROWS_WITH(net.conv2d("b", x, {.out = 3, .groups = 2}), Contains("2 groups do not divide"));
  CHECK_THROWS_WITH(net.conv2d("c", other, {.out = 3}), Contains("needs 3 dimensions, has shape [4]"));
  CHECK_THROWS_WITH(net.add(x, other), Contains("[4,8,8] and [4] differ"));
  const auto windows = net.reshape(x, {2, 16, 8}), more = net.reshape(x, {4, 8, 8});
  CHECK_THROWS_WITH(net.matmul(windows, more), Contains("[2,16,8] and [4,8,8] do not fit"));
  CHECK_THROWS_WITH(net.attention(windows, more, more, 2), Contains("[2,16,8]") && Contains("[4,8,8]"));
  CHECK_THROWS_WITH(net.reshape(x, {3, 5}), Contains("different numbers of elements"));
  CHECK_THROWS_WITH(net.permute(x, {0, 0, 1}), Contains("an axis appears twice"));
  CHECK_THROWS_WITH(net.select(x, 1, 8), Contains("index 8"));
  CHECK_THROWS_WITH(net.concat({x, other}, 0), Contains("needs 3 dimensions"));
  CHECK_THROWS_WITH(net.linear("d", other, {.out = std::int64_t{1} << 60}), Contains("too large"));
  CHECK_THROWS_WITH(net.linear("e", other, {.out = std::int64_t{1} << 31}), Contains("too large"));
  CHECK_THROWS_AS(NetworkBuilder().image(0, 8, 8), ConfigError);
}

TEST_CASE("a name used twice is the author's error") {
  NetworkBuilder net;
  const auto x = net.image(1, 8, 8);
  net.conv2d("a", x, {.out = 1});
  CHECK_THROWS_AS(net.conv2d("a", x, {.out = 1}), std::logic_error);
}

TEST_CASE("a name that is frozen or shared and that nothing has is the author's error") {
  const auto finished = [](auto&& change) {
    NetworkBuilder net;
    const auto x = net.flatten(net.image(1, 2, 2));
    change(net);
    return net.classifier("head", net.linear("first", x, {.out = 4}), 4);
  };
  CHECK_NOTHROW(finished([](auto& net) { net.freeze("first"), net.share("head.weight", "first.weight"); }));
  CHECK_THROWS_WITH(finished([](auto& net) { net.freeze("frist"); }),
                    Contains("there is no parameter 'frist' to freeze"));
  CHECK_THROWS_WITH(finished([](auto& net) { net.share("haed.weight", "first.weight"); }),
                    Contains("nothing reads 'haed.weight', which was to share 'first.weight'"));
}

TEST_CASE("running statistics are buffers") {
  NetworkBuilder net;
  const auto x = net.batch_norm("norm", net.image(2, 4, 4));
  const auto text = net.finish(x).to_json("a.b", nullptr).dump();
  CHECK_THAT(
      text,
      Contains(R"("norm.running_var","shape":[2],"role":"running_var","init":{"kind":"ones"},"trainable":false)"));
  CHECK_THAT(text, Contains(R"("norm.scale","shape":[2],"role":"scale","init":{"kind":"ones"},"trainable":true)"));
}

TEST_CASE("a dialect lists its rules") {
  Dialect dialect("theirs");
  dialect.layer("fc", "head")
      .batch_norm("bn", "norm")
      .split("qkv", {"q", "k"}, 0)
      .tensor("t", "u", {Transform::squeeze(0)})
      .split("fused", {"a", "b"}, 0, {Transform::transpose({1, 0})})
      .concat({"left", "right"}, "both", 1, {2, 3}, {Transform::unsqueeze(0), Transform::reshape({1, 5}, {5})})
      .ignore("step");
  const auto rules = dialect.json().find("rules")->array();
  REQUIRE(rules.size() == 12);
  CHECK(rules[0].dump() == R"({"foreign":"fc.weight","canonical":"head.weight"})");
  CHECK(rules[6].dump() == R"({"foreign":"bn.num_batches_tracked","ignore":true})");
  CHECK(rules[7].dump() == R"({"foreign":"qkv","canonical":["q","k"],"split":0})");
  CHECK(rules[8].dump() == R"({"foreign":"t","canonical":"u","transform":[{"squeeze":0}]})");
  CHECK(rules[9].dump() == R"({"foreign":"fused","canonical":["a","b"],"split":0,"transform":[{"transpose":[1,0]}]})");
  CHECK(rules[10].dump() == R"({"foreign":["left","right"],"canonical":"both","concat":1,"sizes":[2,3],)"
                            R"("transform":[{"unsqueeze":0},{"reshape":{"from":[1,5],"to":[5]}}]})");
  CHECK(rules[11].dump() == R"({"foreign":"step","ignore":true})");
}
