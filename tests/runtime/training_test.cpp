#include "weightloom/runtime/training.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "../support/temporary_folder.hpp"
#include "networks.hpp"
#include "synthetic.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/runtime/alignment.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/inheritance.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

TrainingOptions options(std::int64_t steps, double learning_rate) {
  TrainingOptions out;
  out.steps = steps;
  out.batch = 32;
  out.learning_rate = learning_rate;
  return out;
}

}  // namespace

TEST_CASE("every family learns an easy task", "[training]") {
  for (auto description : {small_mlp(8), small_cnn(8), small_resnet(8), small_vit(8)}) {
    INFO(description.architecture);
    const auto data = synthetic_data(3, 8);
    const Executor executor(std::move(description));
    const auto weights =
        train(executor, initial_weights(executor.description(), 3, 1), {&data.train}, options(80, 5e-3));
    const auto result = evaluate(executor, weights, {&data.test});
    for (double accuracy : result.accuracy) CHECK(accuracy > 0.9);
    CHECK(result.predictions.sizes() == torch::IntArrayRef({3, 300}));
  }
}

TEST_CASE("training repeats bit for bit and leaves its input alone", "[training]") {
  const auto data = synthetic_data(3, 8);
  const Executor executor(small_resnet(8));
  const auto start = initial_weights(executor.description(), 2, 1), before = start.clone();
  const auto first = train(executor, start, {&data.train}, options(10, 5e-3)),
             second = train(executor, start, {&data.train}, options(10, 5e-3));
  CHECK(equal(first, second));
  CHECK(equal(start, before));
  auto other = options(10, 5e-3);
  other.seed = 1;
  CHECK(!equal(first, train(executor, start, {&data.train}, other)));
}

TEST_CASE("a member trains alone as it does in company", "[training]") {
  const auto data = synthetic_data(3, 8);
  for (auto description : {small_mlp(8), small_resnet(8)}) {
    const Executor executor(std::move(description));
    const auto start = initial_weights(executor.description(), 3, 1);
    auto all = options(8, 1e-3), one = options(8, 1e-3);
    all.member_seeds = {10, 20, 30};
    one.member_seeds = {30};
    const auto together = train(executor, start, {&data.train}, all).member(2);
    const auto alone = train(executor, start.member(2), {&data.train}, one);
    for (std::size_t i = 0; i < alone.tensors.size(); ++i)
      CHECK(torch::allclose(together.tensors[i], alone.tensors[i], 1e-2, 1e-4));
  }
}

TEST_CASE("members learn from data of their own", "[training]") {
  const auto data = synthetic_data(4, 8);
  const auto first = subset_classes(data, {0, 1}), second = subset_classes(data, {3, 2});
  const Executor executor(small_mlp(8, 2));
  const auto weights =
      train(executor, initial_weights(executor.description(), 2, 1), {&first.train, &second.train}, options(60, 5e-3));
  CHECK(evaluate(executor, weights.member(0), {&first.test}).accuracy[0] > 0.9);
  CHECK(evaluate(executor, weights.member(1), {&second.test}).accuracy[0] > 0.9);
}

TEST_CASE("epochs, warm-up and progress are honoured", "[training]") {
  const auto data = synthetic_data(3, 8);
  const Executor executor(small_mlp(8));
  TrainingOptions by_epochs;
  by_epochs.epochs = 2;
  by_epochs.batch = 60;
  by_epochs.warmup = 0.5;
  by_epochs.weight_decay = 0.1;
  std::vector<ProgressEvent> events;
  train(executor, initial_weights(executor.description(), 1, 1), {&data.train}, by_epochs,
        [&](const ProgressEvent& event) { events.push_back(event); });
  REQUIRE(events.size() == 20);
  CHECK(events.back().done == 20);
  CHECK(events.back().finished);
  CHECK(events.back().detail.at("loss").get<double>() > 0);
}

TEST_CASE("epochs of data sets of different size are refused for a batched population, and counted for others",
          "[training]") {
  const auto data = synthetic_data(3, 8);
  const LabelledImages half{data.train.images.slice(0, 0, 150), data.train.labels.slice(0, 0, 150)};
  auto wanted = options(0, 1e-3);
  wanted.epochs = 1;
  const Executor batched(small_mlp(8)), apart(small_cnn(8));
  REQUIRE(!executes_apart(batched.description()));
  REQUIRE(executes_apart(apart.description()));
  CHECK_THROWS_WITH(train(batched, initial_weights(batched.description(), 2, 1), {&data.train, &half}, wanted),
                    Catch::Contains("differ in size"));
  std::uint64_t last = 0, total = 0;
  train(apart, initial_weights(apart.description(), 2, 1), {&data.train, &half}, wanted,
        [&](const ProgressEvent& event) {
          last = std::max(last, event.done);
          total = event.total;
        });
  const auto steps = [](std::int64_t images) { return static_cast<std::uint64_t>((images + 16) / 32); };
  CHECK(total == steps(data.train.labels.size(0)) + steps(150));
  CHECK(last == total);
}

TEST_CASE("contradictory options are refused", "[training]") {
  const auto data = synthetic_data(3, 8);
  const Executor executor(small_mlp(8));
  const auto start = initial_weights(executor.description(), 2, 1);
  TrainingOptions none, both = options(3, 1e-3), seeds = options(3, 1e-3);
  both.epochs = 1;
  seeds.member_seeds = {1};
  CHECK_THROWS_AS(train(executor, start, {&data.train}, none), Error);
  CHECK_THROWS_AS(train(executor, start, {&data.train}, both), Error);
  CHECK_THROWS_AS(train(executor, start, {&data.train}, seeds), Error);
  CHECK_THROWS_AS(train(executor, start, {&data.train, &data.train, &data.train}, options(3, 1e-3)), Error);
  const LabelledImages empty{torch::zeros({0, 1, 8, 8}), torch::zeros({0}, torch::kInt64)};
  CHECK_THROWS_AS(train(executor, start, {&empty}, options(3, 1e-3)), Error);
}

TEST_CASE("recalibration is the average of the batches' statistics", "[training]") {
  const auto data = synthetic_data(3, 8);
  const Executor executor(small_resnet(8));
  const auto weights = initial_weights(executor.description(), 2, 1);
  // One batch that holds every image once: its statistics are those of the whole split, whatever the order.
  const auto count = data.train.labels.size(0);
  const auto result = recalibrate(executor, weights, {&data.train}, 5, 1, count);
  const auto mean_at = executor.description().find_parameter("stem.norm.running_mean").value();
  const auto variance_at = executor.description().find_parameter("stem.norm.running_var").value();
  for (std::int64_t p = 0; p < 2; ++p) {
    const auto values = executor.value(weights, data.train.images, "stem.conv")[p];
    CHECK(torch::allclose(result.tensors[mean_at][p], values.mean({0, 2, 3}), 1e-4, 1e-5));
    CHECK(torch::allclose(result.tensors[variance_at][p], values.transpose(0, 1).flatten(1).var(1, true), 1e-3, 1e-5));
  }
  // Normalising by these statistics is normalising by the batch, up to the unbiased variance.
  const auto running = executor.forward(result, data.train.images),
             batch = executor.forward(weights, data.train.images, {ExecutionMode::Norm::kBatch});
  CHECK(torch::allclose(running, batch, 1e-2, 1e-2));

  const Executor plain(small_mlp(8));
  const auto untouched = initial_weights(plain.description(), 1, 1);
  CHECK(equal(recalibrate(plain, untouched, {&data.train}, 5), untouched));
}

TEST_CASE("accuracy and loss are those of the logits", "[evaluation]") {
  const auto data = synthetic_data(3, 8);
  const Executor executor(small_mlp(8));
  const auto weights = initial_weights(executor.description(), 2, 1);
  const auto result = evaluate(executor, weights, {&data.test});
  for (std::int64_t p = 0; p < 2; ++p) {
    const auto logits = executor.forward(weights.member(p), data.test.images)[0];
    CHECK(result.accuracy[static_cast<std::size_t>(p)] ==
          Approx(logits.argmax(1).eq(data.test.labels).to(torch::kFloat64).mean().item<double>()));
    CHECK(result.loss[static_cast<std::size_t>(p)] ==
          Approx(torch::cross_entropy_loss(logits, data.test.labels).item<double>()).epsilon(1e-5));
  }
  CHECK(evaluate(executor, weights, {&data.test}, 30).predictions.size(1) == 30);
  CHECK(torch::equal(evaluate(executor, weights, {&data.test, &data.test}).predictions, result.predictions));
  CHECK_THROWS_AS(evaluate(executor, weights, {&data.test, &data.train}), Error);
}

namespace {

// Trains with a checkpoint, interrupted once `event` has been reported and resumed: the file's folder is new.
template <typename Train>
Weights interrupted_and_resumed(const Train& train_with, TrainingOptions options, std::uint64_t event) {
  const test::TemporaryFolder folder;
  options.checkpoint = folder / "training.safetensors";
  CHECK_THROWS_AS(train_with(options,
                             [&](const ProgressEvent& progress) {
                               if (progress.done >= event) request_interrupt();
                             }),
                  Error);
  clear_interrupt();
  std::vector<std::uint64_t> done;
  auto out = train_with(options, [&](const ProgressEvent& progress) { done.push_back(progress.done); });
  CHECK(done.front() >= event);
  return out;
}

NetworkDescription dropout_net() {
  DescriptionWriter net("test.dropout", {1, 8, 8});
  auto x = net.node("act", "relu", {net.linear("fc", net.node("flat", "flatten", {"image"}), 64, 16)});
  x = net.node("drop", "dropout", {x}, Json::object(), {{"rate", 0.25}});
  return net.finish(net.linear("head", x, 16, 3));
}

}  // namespace

TEST_CASE("training that was interrupted ends with the same bits", "[training][resume]") {
  const auto data = synthetic_data(3, 8);
  // Together with dropout, together with running statistics, and one member to a thread.
  for (auto description : {dropout_net(), small_mlp(8), small_resnet(8), small_cnn(8)}) {
    INFO(description.architecture);
    const Executor executor(std::move(description));
    const auto start = initial_weights(executor.description(), 2, 1);
    auto straight = options(30, 5e-3);
    straight.batch = 250;  // the orders of 600 images end within a batch
    straight.weight_decay = 0.01;
    const auto train_with = [&](const TrainingOptions& how, const ProgressSink& progress) {
      return train(executor, start, {&data.train}, how, progress);
    };
    CHECK(equal(interrupted_and_resumed(train_with, straight, 13), train_with(straight, {})));
  }
}

TEST_CASE("training of shared weights that was interrupted ends with the same bits", "[training][resume]") {
  const auto data = synthetic_data(3, 8), other = synthetic_data(2, 8);
  const Executor executor(small_resnet(8)), same(small_resnet(8));
  const auto start = initial_weights(executor.description(), 1, 1);
  const auto train_with = [&](const TrainingOptions& how, const ProgressSink& progress) {
    return train_shared({&executor, &same}, start, {&data.train, &other.train}, how, progress);
  };
  CHECK(equal(interrupted_and_resumed(train_with, options(20, 5e-3), 7), train_with(options(20, 5e-3), {})));
}

TEST_CASE("networks of different width train one set of weights that works for both", "[training]") {
  const auto data = synthetic_data(3, 8);
  const Executor narrow(small_cnn(8, 3, 4)), wide(small_cnn(8, 3, 8));
  const auto shared =
      train_shared({&narrow, &wide}, initial_weights(wide.description(), 1, 1), {&data.train}, options(160, 5e-3));
  CHECK(evaluate(wide, shared, {&data.test}).accuracy[0] > 0.9);
  const auto cut = inherit(narrow.description(), initial_weights(narrow.description(), 1, 2), wide.description(),
                           shared, Head::kInherit);
  CHECK(evaluate(narrow, cut, {&data.test}).accuracy[0] > 0.9);
}

TEST_CASE("a batch of shared weights is of one source, and every source has batches", "[training]") {
  // Sources that differ in brightness alone, which normalisation by one source takes away, and that of both does not.
  const auto source = [](double brightness, std::int64_t label) {
    auto draws = make_generator(1);
    return LabelledImages{torch::randn({64, 1, 4, 4}, draws) + brightness, torch::full({64}, label, torch::kInt64)};
  };
  const auto bright = source(9, 0), dark = source(-9, 1);
  DescriptionWriter net("test.normalised", {1, 4, 4});
  const auto x = net.node("flat", "flatten", {net.batch_norm("norm", "image", 1)});
  const Executor executor(net.finish(net.linear("head", x, 16, 2)));
  double loss = 0;
  train_shared({&executor}, initial_weights(executor.description(), 1, 1), {&bright, &dark}, options(200, 5e-3),
               [&](const ProgressEvent& event) { loss = event.detail.at("loss").get<double>(); });
  // A label is the other one as often. Where both sources are in a batch, or one alone, nothing is left of the loss.
  CHECK(loss > 0.4);
}

TEST_CASE("a checkpoint of other options, data or starting weights is not taken", "[training][resume]") {
  const auto data = synthetic_data(3, 8), other_data = synthetic_data(2, 8);
  const test::TemporaryFolder folder;
  const Executor executor(small_mlp(8));
  const auto start = initial_weights(executor.description(), 1, 1),
             other = initial_weights(executor.description(), 1, 2);
  auto kept = options(5, 5e-3);
  kept.checkpoint = folder / "training.safetensors";
  const auto level = log().level();
  set_log_level("off");
  train(executor, start, {&data.train}, kept);
  auto faster = kept;
  faster.learning_rate = 1e-2;
  CHECK(equal(train(executor, start, {&data.train}, faster), train(executor, start, {&data.train}, options(5, 1e-2))));
  CHECK(equal(train(executor, other, {&data.train}, faster), train(executor, other, {&data.train}, options(5, 1e-2))));
  CHECK(equal(train(executor, other, {&other_data.train}, faster),
              train(executor, other, {&other_data.train}, options(5, 1e-2))));
  log().set_level(level);
  auto never = kept;
  never.checkpoint_every = 0;
  CHECK_THROWS_AS(train(executor, start, {&data.train}, never), Error);
}

TEST_CASE("training in double precision follows its inputs and agrees with single precision", "[training][dtype]") {
  const auto data = synthetic_data(3, 8);
  const auto widened = [](const LabelledImages& split) {
    return LabelledImages{split.images.to(torch::kFloat64), split.labels};
  };
  const auto train_split = widened(data.train), test_split = widened(data.test);
  ComputeOptions wide;
  wide.dtype = torch::kFloat64;
  for (auto description : {small_mlp(8), small_resnet(8)}) {
    INFO(description.architecture);
    const Executor executor(std::move(description));
    const auto start = initial_weights(executor.description(), 2, 1),
               same = initial_weights(executor.description(), 2, 1, wide);
    auto how = options(10, 1e-3);
    how.warmup = 0.3;
    const auto single = train(executor, start, {&data.train}, how), twice = train(executor, same, {&train_split}, how);
    for (std::size_t i = 0; i < start.tensors.size(); ++i) {
      CHECK(same.tensors[i].scalar_type() == torch::kFloat64);
      CHECK(torch::equal(same.tensors[i].to(torch::kFloat32), start.tensors[i]));
      CHECK(twice.tensors[i].scalar_type() == torch::kFloat64);
      CHECK(torch::allclose(twice.tensors[i].to(torch::kFloat32), single.tensors[i], 1e-2, 1e-3));
    }
    const auto ready = recalibrate(executor, twice, {&train_split}, 1);
    for (const auto& tensor : ready.tensors) CHECK(tensor.scalar_type() == torch::kFloat64);
    const auto accuracy = evaluate(executor, ready, {&test_split}).accuracy;
    const auto expected = evaluate(executor, recalibrate(executor, single, {&data.train}, 1), {&data.test}).accuracy;
    for (std::size_t p = 0; p < 2; ++p) CHECK(accuracy[p] == Approx(expected[p]).margin(0.02));
    CHECK(symmetry_error(executor, 1) < 1e-4);
  }
}

TEST_CASE("nothing here draws from the process-wide generator", "[training]") {
  const auto before = at::detail::getDefaultCPUGenerator().get_state();
  const auto data = synthetic_data(3, 8);
  const Executor executor(dropout_net());
  auto weights = train(executor, initial_weights(executor.description(), 2, 1), {&data.train}, options(3, 1e-3));
  weights = recalibrate(executor, weights, {&data.train}, 1);
  evaluate(executor, weights, {&data.test});
  CHECK(torch::equal(at::detail::getDefaultCPUGenerator().get_state(), before));
}

TEST_CASE("a population beyond the memory is refused with its size", "[training]") {
  const Executor executor(small_mlp(8));
  const auto data = synthetic_data(3, 8);
  const auto weights = initial_weights(executor.description(), 1, 1);
  const std::vector<std::function<void()>> requests{
      [&] { initial_weights(executor.description(), std::int64_t{1} << 38, 1); },
      [&] {
        Weights many = weights;
        for (auto& tensor : many.tensors) {
          auto shape = tensor.sizes().vec();
          shape[0] = std::int64_t{1} << 38;
          tensor = tensor.expand(shape);
        }
        evaluate(executor, many, {&data.test});
      }};
  for (const auto& request : requests) try {
      request();
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.id() == "runtime.memory");
      CHECK_THAT(error.why(), Catch::Contains("were asked for at once"));
    }
}
