#include "weightloom/runtime/alignment.hpp"

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "synthetic.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/symmetry.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/sdk/network.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

std::vector<NetworkDescription> families() {
  return {small_mlp(8), small_cnn(8), small_resnet(8), small_vit(8)};
}

Weights randomly_permuted(const NetworkDescription& description, const Weights& weights, std::uint64_t seed) {
  Random random(seed);
  const auto groups = symmetry_groups(description);
  std::vector<std::vector<std::int64_t>> orders;
  for (const auto& group : groups) orders.push_back(random.permutation(group.size));
  return permute_units(description, groups, weights, orders);
}

NetworkDescription parsed(const sdk::Network& network) {
  return parse_description(network.to_json("test.symmetry", sdk::Json::Object{}).dump());
}

// One of each way in which units can hang together, with the sizes of its groups.
struct Known {
  const char* name;
  NetworkDescription description;
  std::vector<std::int64_t> groups;
};

std::vector<Known> known_symmetries() {
  std::vector<Known> cases;
  {
    sdk::NetworkBuilder net;
    auto x = net.conv2d("conv", net.image(2, 6, 6), {.out = 6, .kernel = 3, .padding = 1});
    auto gate = net.reshape(net.global_avg_pool(x), {6, 1, 1});
    gate = net.relu(net.conv2d("squeeze", gate, {.out = 3}));
    gate = net.hardsigmoid(net.conv2d("excite", gate, {.out = 6}));
    x = net.prelu("prelu", net.affine("layer_scale", net.mul(x, gate), 0), true);
    cases.push_back({"squeeze and excite", parsed(net.classifier("head", net.flatten(x), 3)), {6, 3}});
  }
  {
    sdk::NetworkBuilder net;
    const auto x = net.input("sequence", {5, 4});
    const auto forth = net.lstm("lstm", x, {.units = 7});
    const auto back = net.gru("gru", forth, {.units = 6, .reverse = true});
    cases.push_back({"recurrent", parsed(net.classifier("head", net.mean(back, 0), 3)), {7, 6}});
  }
  {
    sdk::NetworkBuilder net;
    const auto x = net.linear("embed", net.input("sequence", {5, 4}), {.out = 10});
    const auto q = net.rotary_position(net.linear("q", x, {.out = 24}), {.heads = 6});
    const auto k = net.rotary_position(net.linear("k", x, {.out = 8}), {.heads = 2});
    const auto v = net.linear("v", x, {.out = 8});
    const auto y = net.attention(q, k, v, {.heads = 6, .key_heads = 2, .causal = true});
    const auto gated = net.mul(net.silu(net.linear("gate", x, {.out = 9})), net.linear("up", x, {.out = 9}));
    const auto sum = net.add(net.add(x, net.linear("out", y, {.out = 10})), net.linear("down", gated, {.out = 10}));
    // The stream, key heads, query heads of each, gated units; the width of heads is held by the rotation.
    cases.push_back(
        {"grouped queries", parsed(net.classifier("head", net.mean(net.rms_norm("norm", sum), 0), 3)), {10, 2, 3, 9}});
  }
  {
    sdk::NetworkBuilder net;
    const auto image = net.image(2, 6, 6);
    const auto skip = net.relu(net.conv2d("down", image, {.out = 4, .kernel = 3, .padding = 1}));
    const auto deep = net.relu(net.conv2d("deep", net.max_pool(skip, {.kernel = 2}), {.out = 6}));
    const auto up = net.conv_transpose2d("up", deep, {.out = 4, .kernel = 2, .stride = 2});
    const auto wide = net.add(net.relu(up), net.resize(net.conv2d("side", deep, {.out = 4}), 6));
    cases.push_back({"up and down", parsed(net.classifier("head", net.flatten(wide), 3)), {4, 6, 4}});
  }
  {
    sdk::NetworkBuilder net;
    const auto tokens = net.constant({4}, {0, 2, 1, 2});
    auto x = net.add(net.input("sequence", {4, 6}), net.embedding("words", tokens, {.words = 3, .width = 6}));
    x = net.relu(net.conv1d("line", net.permute(net.linear("mix", x, {.out = 6}), {1, 0}), {.out = 8, .groups = 2}));
    cases.push_back({"lookup and line",
                     parsed(net.classifier("head", net.global_max_pool(net.reshape(x, {8, 4, 1})), 3)),
                     {2, 3, 4}});
  }
  {
    sdk::NetworkBuilder net;
    auto x = net.conv3d("deep", net.input("volume", {1, 3, 4, 4}), {.out = 5, .kernel = {1, 3, 3}});
    x = net.slice(net.pad(net.batch_norm("norm", x), {0, 1, 0, 0}, {0, 0, 0, 0}), 1, 0, 3);
    cases.push_back({"volume", parsed(net.classifier("head", net.flatten(net.clamp(x, -2, 2)), 3)), {5}});
  }
  return cases;
}

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace

TEST_CASE("symmetries leave the outputs of every family unchanged", "[alignment]") {
  for (auto& description : families()) {
    INFO(description.architecture);
    CHECK(!symmetry_groups(description).empty());
    const Executor executor(std::move(description));
    for (std::uint64_t seed : {0, 1, 2}) CHECK(symmetry_error(executor, seed) < 1e-4);
  }
}

TEST_CASE("operators have exactly the symmetries that their form allows", "[alignment]") {
  for (auto& known : known_symmetries()) {
    INFO(known.name);
    std::vector<std::int64_t> sizes;
    for (const auto& group : symmetry_groups(known.description)) sizes.push_back(group.size);
    CHECK_THAT(sizes, Catch::UnorderedEquals(known.groups));
    const Executor executor(std::move(known.description));
    for (std::uint64_t seed : {0, 1, 2}) CHECK(symmetry_error(executor, seed) < 1e-4);
  }
}

TEST_CASE("axes of a script that do not hold show in the group that they let move", "[alignment]") {
  const auto [code, holds] = GENERATE(table<const char*, bool>({{"torch.cumsum(x, dim=1)", false},
                                                                {"torch.roll(x, 1, dims=1)", false},
                                                                {"torch.sort(x, dim=1)[0]", false},
                                                                {"x - x.mean(dim=1, keepdim=True)", true}}));
  INFO(code);
  sdk::NetworkBuilder net;
  const auto x = net.linear("first", net.input("values", {4}), {.out = 5});
  const auto body = std::string("def forward(x):\n    return ") + code + "\n";
  const auto y = net.linear("second", net.script("s", {x}, {.code = body, .shape = {5}, .axes = "c->c"}), {.out = 6});
  const Executor executor(parsed(net.classifier("head", net.relu(y), 3)));
  CHECK((symmetry_error(executor, 1) < 1e-4) == holds);
  CHECK((symmetry_error(executor, 1, 0) < 1e-4) == holds);
  CHECK(symmetry_error(executor, 1, 1) < 1e-4);
}

TEST_CASE("alignment undoes a random permutation exactly", "[alignment]") {
  for (const auto& description : families()) {
    INFO(description.architecture);
    const auto reference = initial_weights(description, 1, 4);
    for (std::uint64_t seed : {1, 2}) {
      const auto permuted = randomly_permuted(description, reference, seed);
      CHECK(!equal(permuted, reference));
      CHECK(equal(align(description, permuted, reference), reference));
    }
  }
}

TEST_CASE("alignment brings independent networks closer without changing what they compute", "[alignment]") {
  const auto data = synthetic_data(3, 8);
  for (auto& description : families()) {
    INFO(description.architecture);
    const Executor executor(description);
    TrainingOptions options;
    options.steps = 40;
    options.batch = 32;
    options.learning_rate = 3e-3;
    const auto trained = train(executor, initial_weights(description, 2, 4), {&data.train}, options);
    const auto reference = trained.member(0), other = trained.member(1);
    const auto aligned = align(description, other, reference);
    CHECK(relative_difference(executor.forward(aligned, data.test.images), executor.forward(other, data.test.images)) <
          1e-4);
    const auto distance = [&](const Weights& weights) {
      double sum = 0;
      for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
        const auto spread = reference.tensors[i].var(false).item<double>();
        if (spread > 1e-12) sum += (weights.tensors[i] - reference.tensors[i]).square().sum().item<double>() / spread;
      }
      return sum;
    };
    CHECK(distance(aligned) < distance(other));
    CHECK(equal(align(description, reference, reference), reference));
  }
}
