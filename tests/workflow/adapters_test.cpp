#include "weightloom/workflow/adapters.hpp"

#include <catch2/catch.hpp>

#include "../support/error_id.hpp"
#include "tiny_zoo.hpp"
#include "weightloom/runtime/evaluation.hpp"

using namespace weightloom;
using namespace weightloom::test;
using weightloom::testing::error_id;

namespace {

Network fresh(const PluginRegistry& plugins, const std::string& architecture, const Json& config) {
  auto description = plugins.describe(architecture, config);
  auto weights = initial_weights(description, 1, 3);
  ZooRecord record;
  record.id = "base";
  return {std::move(record), std::move(description), std::move(weights)};
}

const Json kPerceptron = {{"channels", 1}, {"size", 4}, {"classes", 2}, {"depth", 2}, {"width", 8}};

}  // namespace

TEST_CASE("an adapter teaches a network that stays as it is, and is the same when it is applied") {
  const TinyZoo tiny;
  const auto data = load_tensors(DataSpec::parse(tiny.data()), {1, 4});
  const auto base = fresh(tiny.plugins, "mlp", kPerceptron);
  const auto head = *base.description.find_parameter("head.weight");
  base.weights.tensors[head].neg_();  // of fresh weights that are right by chance
  const auto before = base.weights.clone();
  const auto trained =
      train_adapter(base, {.layers = {}, .rank = 2}, data, {.steps = 80, .learning_rate = 0.03}, tiny.plugins);
  CHECK(trained.before < 0.5);
  CHECK(trained.test > 0.9);
  for (std::size_t i = 0; i < before.tensors.size(); ++i)
    CHECK(torch::equal(before.tensors[i], base.weights.tensors[i]));

  const auto& adapter = trained.network;
  CHECK(adapter.description.architecture == "org.weightloom.lora");
  CHECK(adapter.description.config["in"] == Json({16, 8}));
  CHECK(adapter.record.recipe["layers"] == Json({"block0.linear", "block1.linear"}));
  CHECK((adapter.record.parents == std::vector<ParentLink>{{"adapts", "base"}}));

  const auto applied = apply_adapter(base, adapter, tiny.plugins);
  const Executor executor(applied.description);
  CHECK(evaluate(executor, applied.weights, {&data.test}).accuracy[0] == Approx(trained.test));
  CHECK(torch::equal(applied.weights.tensors[head], base.weights.tensors[head]));
  CHECK((applied.record.parents == std::vector<ParentLink>{{"adapted-from", "base"}}));
}

TEST_CASE("layers are named by a part of their names; heads and shared weights are left out") {
  const TinyZoo tiny;
  const auto layers = [&](const std::string& architecture, const Json& config, std::vector<std::string> names) {
    return adaptable_layers(tiny.plugins.describe(architecture, config), {.layers = std::move(names)});
  };
  CHECK(layers("vit", {{"depth", 1}}, {"query", "value"}) ==
        std::vector<std::string>{"block0.attention.query", "block0.attention.value"});
  CHECK(layers("gpt", {{"depth", 1}}, {"head"}).empty());
  CHECK(layers("cnn", Json::object(), {}).empty());
}

TEST_CASE("an adapter that does not fit is refused") {
  const TinyZoo tiny;
  const auto data = load_tensors(DataSpec::parse(tiny.data()), {1, 4});
  const auto base = fresh(tiny.plugins, "mlp", kPerceptron);
  const auto train = [&](const Network& network, const AdapterOptions& options) {
    return train_adapter(network, options, data, {.steps = 1}, tiny.plugins).network;
  };
  const auto adapter = train(base, {});
  auto wider = kPerceptron, deeper = kPerceptron, more = kPerceptron;
  wider["width"] = 12;
  deeper["depth"] = 1;
  more["classes"] = 3;
  for (const auto& other : {wider, deeper})
    CHECK(error_id([&] { apply_adapter(fresh(tiny.plugins, "mlp", other), adapter, tiny.plugins); }) ==
          "adapter.mismatch");
  CHECK(error_id([&] { apply_adapter(base, base, tiny.plugins); }) == "adapter.none");
  CHECK(error_id([&] { train(base, {.layers = {"nothing"}}); }) == "adapter.layers");
  CHECK(error_id([&] { train(fresh(tiny.plugins, "mlp", more), {}); }) == "adapter.classes");
}
