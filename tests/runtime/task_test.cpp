#include "weightloom/runtime/task.hpp"

#include <catch2/catch.hpp>

#include "networks.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/sdk/network.hpp"

using namespace weightloom;
using namespace weightloom::testing;
using torch::Tensor;

namespace {

NetworkDescription parsed(const sdk::Network& network) {
  return parse_description(network.to_json("test.task", sdk::Json::Object{}).dump());
}

NetworkDescription regressor() {
  sdk::NetworkBuilder net;
  const auto x = net.tanh(net.linear("hidden", net.input("x", {3}), {.out = 16}));
  return parsed(net.finish(net.linear("head", x, {.out = 2}), sdk::Task::kRegression));
}

NetworkDescription segmenter() {
  sdk::NetworkBuilder net;
  const auto x = net.relu(net.conv2d("conv", net.image(1, 6, 6), {.out = 8, .kernel = 3, .padding = 1}));
  return parsed(net.finish(net.conv2d("head", x, {.out = 2}), sdk::Task::kSegmentation));
}

NetworkDescription copier() {
  sdk::NetworkBuilder net;
  const auto x = net.embedding("words", net.tokens(5, 4), {.words = 4, .width = 8, .init = sdk::Init::normal(1)});
  const auto y = net.attention(x, x, x, {.heads = 2, .causal = true});
  return parsed(net.finish(net.linear("head", net.add(x, y), {.out = 4}), sdk::Task::kSequence));
}

// Inputs, and targets that a network of the kind above can learn.
LabelledImages samples_of(const NetworkDescription& description, std::int64_t count, std::int64_t seed) {
  auto generator = make_generator(static_cast<std::uint64_t>(seed));
  if (description.task == "regression") {
    const auto x = torch::randn({count, 3}, generator);
    return {x, torch::stack({x.select(1, 0) - x.select(1, 1), torch::sin(x.select(1, 2))}, 1)};
  }
  if (description.task == "segmentation") {
    const auto x = torch::randn({count, 1, 6, 6}, generator);
    return {x, x.squeeze(1).gt(0).to(torch::kInt64)};
  }
  const auto x = torch::randint(4, {count, 5}, generator, torch::kFloat);
  return {x, (x.to(torch::kInt64) + 1).remainder(4)};
}

std::vector<NetworkDescription> trained_tasks() {
  return {regressor(), segmenter(), copier()};
}

}  // namespace

TEST_CASE("the loss of classes is their cross-entropy over all places, wherever the class axis is", "[task]") {
  auto generator = make_generator(1);
  const auto target = torch::randint(3, {2, 4, 5}, generator, torch::kInt64);
  const auto scores = torch::randn({2, 4, 5, 3}, generator);
  Tensor expected = torch::zeros({});
  for (std::int64_t p = 0; p < 2; ++p)
    expected = expected - torch::log_softmax(scores[p], -1).gather(-1, target[p].unsqueeze(-1)).mean();
  CHECK(torch::allclose(task_loss(*find_task("sequence"), scores, target), expected));
  const auto pixels = target.unsqueeze(-1).expand({2, 4, 5, 2});
  const auto maps = scores.unsqueeze(-1).expand({2, 4, 5, 3, 2}).permute({0, 1, 3, 2, 4});
  CHECK(torch::allclose(task_loss(*find_task("segmentation"), maps, pixels), expected));
}

TEST_CASE("values are judged by squared errors, and by what part of their spread is explained", "[task]") {
  auto generator = make_generator(2);
  const auto target = torch::randn({2, 40, 3}, generator) * 5 + 7;
  const auto output = target + torch::randn({2, 40, 3}, generator);
  const auto& task = *find_task("regression");
  const auto error = (output - target).square();
  CHECK(torch::allclose(task_loss(task, output, target), error[0].mean() + error[1].mean()));
  TaskScore score(task);
  for (std::int64_t at : {0, 30}) {
    const auto length = at == 0 ? 30 : 10;
    CHECK(torch::equal(score.add(output.narrow(1, at, length), target.narrow(1, at, length)),
                       output.narrow(1, at, length)));
  }
  CHECK(torch::allclose(score.loss(), error.mean({1, 2}).to(torch::kFloat64)));
  const auto spread = (target - target.mean(1, true)).square().sum({1, 2});
  CHECK(torch::allclose(score.metric(), (1 - error.sum({1, 2}) / spread).to(torch::kFloat64), 1e-4));
}

TEST_CASE("targets that do not vary have nothing to explain", "[task]") {
  TaskScore score(*find_task("regression"));
  score.add(torch::rand({1, 5, 2}), torch::ones({1, 5, 2}));
  CHECK(score.metric().item<double>() == 0);
}

TEST_CASE("a network of any task that has a loss learns, a population like its members alone", "[task]") {
  for (auto& description : trained_tasks()) {
    INFO(description.task);
    const auto data = samples_of(description, 256, 3), test = samples_of(description, 64, 4);
    const Executor executor(std::move(description));
    const auto start = initial_weights(executor.description(), 2, 5);
    TrainingOptions options;
    options.steps = 200;
    options.batch = 32;
    options.learning_rate = 1e-2;
    const auto trained = train(executor, start, {&data}, options);
    const auto before = evaluate(executor, start, {&test}), after = evaluate(executor, trained, {&test});
    for (std::size_t p = 0; p < 2; ++p) {
      CHECK(after.loss[p] < 0.5 * before.loss[p]);
      CHECK(after.accuracy[p] > 0.9);
      const auto alone = evaluate(executor, trained.member(static_cast<std::int64_t>(p)), {&test});
      CHECK(after.loss[p] == Approx(alone.loss[0]).epsilon(1e-4));
    }
  }
}

TEST_CASE("data of another form is refused with both forms", "[task]") {
  const Executor executor(segmenter());
  const auto weights = initial_weights(executor.description(), 1, 0);
  const auto judge = [&](const Tensor& inputs, const Tensor& targets) {
    const LabelledImages split{inputs, targets};
    return evaluate(executor, weights, {&split});
  };
  using Catch::Contains;
  const auto images = torch::zeros({2, 1, 6, 6});
  const auto classes = torch::zeros({2, 6, 6}, torch::kInt64);
  CHECK_NOTHROW(judge(images, classes));
  CHECK_THROWS_WITH(judge(images, classes.to(torch::kFloat)), Contains("whole numbers"));
  CHECK_THROWS_WITH(judge(images, classes.select(1, 0)), Contains("[6]") && Contains("[6, 6]"));
  CHECK_THROWS_WITH(judge(torch::zeros({2, 1, 8, 8}), classes), Contains("[1, 8, 8]") && Contains("[1, 6, 6]"));
}

TEST_CASE("an embedding has no loss, and says so", "[task]") {
  sdk::NetworkBuilder net;
  const Executor executor(
      parsed(net.finish(net.linear("head", net.input("x", {3}), {.out = 2}), sdk::Task::kEmbedding)));
  const LabelledImages split{torch::zeros({4, 3}), torch::zeros({4, 2})};
  TrainingOptions options;
  options.steps = 1;
  CHECK_THROWS_WITH(train(executor, initial_weights(executor.description(), 1, 0), {&split}, options),
                    Catch::Contains("'embedding' has no loss"));
}
