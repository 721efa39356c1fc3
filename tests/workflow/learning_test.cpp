// Learning from a zoo, end to end on tiny data.

#include <catch2/catch.hpp>

#include "tiny_zoo.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/generator/recall.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/workflow/finetuning.hpp"
#include "weightloom/workflow/generation.hpp"
#include "weightloom/workflow/lineage.hpp"
#include "weightloom/workflow/members.hpp"
#include "weightloom/workflow/models.hpp"
#include "weightloom/workflow/tokens.hpp"

using namespace weightloom;

namespace {

TokenizerTraining tokenizer_options(QuantizerKind kind = QuantizerKind::kEma) {
  TokenizerTraining options;
  options.config = {.chunk = 16, .vector_chunk = 8, .codebooks = 2, .codes = 8, .hidden = 16, .quantizer = kind};
  options.steps = 12;
  options.batch = 32;
  options.behaviour = 0.1;
  options.seed = 3;
  return options;
}

GeneratorTraining generator_options(std::int64_t steps) {
  GeneratorTraining options;
  options.config = {.width = 16, .layers = 1, .heads = 2};
  options.steps = steps;
  options.parts = 2;
  options.networks = 2;
  options.images = 16;
  options.shots = 4;
  options.seed = 3;
  return options;
}

// Interrupts a training of that name once `step` steps are done.
ProgressSink interrupt_at(const std::string& task, std::uint64_t step) {
  return [=](const ProgressEvent& event) {
    if (event.task == task && event.done == step) request_interrupt();
  };
}

template <class Work>
void run_interrupted(Work&& work) {
  try {
    work();
    FAIL("it was not interrupted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInterrupted);
  }
  clear_interrupt();
}

// A grown zoo and its tokenizer.
struct LearningZoo : test::TinyZoo {
  LearningZoo() {
    grow(recipe(), zoo, plugins);
    tokenizer = std::make_shared<const Tokenizer>(train_tokenizer(zoo, plugins, tokenizer_options()));
  }
  std::shared_ptr<const Tokenizer> tokenizer;
};

double mean_accuracy(const Generation& generation) {
  double sum = 0;
  for (const auto& network : generation.networks) sum += network.validation_accuracy.value();
  return sum / static_cast<double>(generation.networks.size());
}

}  // namespace

TEST_CASE("growing resumes an interrupted ancestor and ends with the same bits", "[learning]") {
  test::TinyZoo straight, resumed;
  // Both read the same images, so that they have the same recipe.
  const auto recipe = straight.recipe();
  grow(recipe, straight.zoo, straight.plugins);
  run_interrupted([&] { grow(recipe, resumed.zoo, resumed.plugins, interrupt_at("grow mlp/anchor", 17)); });
  CHECK_FALSE(std::filesystem::is_empty(resumed.folder / "zoo" / "growing"));
  grow(recipe, resumed.zoo, resumed.plugins);
  CHECK(std::filesystem::is_empty(resumed.folder / "zoo" / "growing"));
  for (const auto& record : straight.zoo.all()) CHECK(resumed.zoo.get(record.name).weights_hash == record.weights_hash);
}

TEST_CASE("an interrupted tokenizer training resumes and ends with the same bits", "[learning]") {
  test::TinyZoo tiny;
  grow(tiny.recipe(), tiny.zoo, tiny.plugins);
  for (const auto kind : {QuantizerKind::kEma, QuantizerKind::kGumbel}) {
    auto options = tokenizer_options(kind);
    const auto straight = train_tokenizer(tiny.zoo, tiny.plugins, options).id();
    options.checkpoint = tiny.folder / "tokenizer.checkpoint";
    run_interrupted([&] { train_tokenizer(tiny.zoo, tiny.plugins, options, interrupt_at("train tokenizer", 7)); });
    CHECK(train_tokenizer(tiny.zoo, tiny.plugins, options).id() == straight);
  }
}

TEST_CASE("an interrupted generator training resumes and ends with the same bits", "[learning]") {
  LearningZoo tiny;
  auto options = generator_options(12);
  const auto straight = train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, options).id();
  options.checkpoint = tiny.folder / "generator.checkpoint";
  run_interrupted(
      [&] { train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, options, interrupt_at("train generator", 7)); });
  CHECK(train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, options).id() == straight);
}

TEST_CASE("a model file is made again only when something changed", "[learning]") {
  test::TinyZoo tiny;
  grow(tiny.recipe(), tiny.zoo, tiny.plugins);
  const auto file = tiny.folder / "tokenizer.safetensors";
  CHECK_FALSE(refresh_tokenizer(file, tiny.zoo, tiny.plugins, tokenizer_options()).reused);
  CHECK(refresh_tokenizer(file, tiny.zoo, tiny.plugins, tokenizer_options()).reused);
  CHECK_FALSE(std::filesystem::exists(file.string() + ".checkpoint"));
  auto other = tokenizer_options();
  other.seed = 4;
  CHECK_FALSE(refresh_tokenizer(file, tiny.zoo, tiny.plugins, other).reused);
}

TEST_CASE("training reads the zoo's current tokens and encodes what is stale", "[learning]") {
  test::TinyZoo tiny;
  grow(tiny.recipe(), tiny.zoo, tiny.plugins);
  const auto tokenizer = train_tokenizer(tiny.zoo, tiny.plugins, tokenizer_options());
  encode_networks(tiny.zoo, tiny.plugins, tokenizer, {});
  auto groups = load_members(tiny.zoo, tiny.plugins, tokenizer, "train");
  auto& records = groups.front().records;
  // Streams that no encoder would write tell the stored ones from fresh ones.
  const auto stored = tiny.zoo.tokens(records[0].id, tokenizer.id()).value();
  const std::string zeros(stored.payload.size(), '\0');
  tiny.zoo.put_tokens({{records[0].id, {tokenizer.id(), records[0].weights_hash, zeros}},
                       {records[1].id, {tokenizer.id(), std::string(64, '0'), zeros}}});
  load_tokens(groups, tiny.zoo, tokenizer);
  const auto fresh = tokenizer.encode(*groups.front().plan, groups.front().weights.member(1));
  CHECK(groups.front().tokens[0].eq(0).all().item<bool>());
  CHECK(torch::equal(groups.front().tokens[1], fresh[0]));
}

TEST_CASE("a trained generator is better than chance and than its start, from words alone", "[learning]") {
  LearningZoo tiny;
  DataCache data({1, 4});
  const auto on = data.get(tiny.data());
  const auto accuracy = [&](const Generator& generator) {
    Request request;
    request.instruction = "left or right";
    request.count = 8;
    const auto description = tiny.plugins.describe("mlp", {{"channels", 1}, {"size", 4}, {"width", 8}, {"classes", 2}});
    const auto made = generate(generator, description, request, data);
    double sum = 0;
    for (const double value : evaluate(made.plan->executor(), made.weights, {&on->test}).accuracy) sum += value / 8;
    return sum;
  };
  const double start = accuracy(Generator(generator_options(1).config, tiny.tokenizer, 3));
  const double trained = accuracy(train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, generator_options(150)));
  CHECK(trained > 0.8);
  CHECK(trained > start);
}

TEST_CASE("practice on a range trains, and ranges that hold nothing are refused", "[learning]") {
  LearningZoo tiny;
  auto options = generator_options(3);
  Practice practice;
  practice.architecture = practice.family = "mlp";
  practice.config = Json::object();
  practice.ranges = ConfigRanges({{"width", {4, 12}}}, "r");
  practice.count = 3;
  practice.data = {tiny.data()};
  options.practice = {practice};
  const auto practised = train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, options);
  CHECK(practised.id() == train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, options).id());
  CHECK(practised.id() != train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, generator_options(3)).id());
  options.practice[0].ranges = ConfigRanges({{"unheard_of", {4, 12}}}, "r");
  CHECK_THROWS_WITH(train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, options),
                    Catch::Contains("accepts no configuration"));
}

TEST_CASE("the best of several is the one with the highest validation accuracy", "[learning]") {
  LearningZoo tiny;
  const Generator generator(generator_options(1).config, tiny.tokenizer, 3);
  DataCache data({1, 4});
  GenerationJob job{"mlp", {{"width", 8}}, {}, Selection::kNone};
  job.request.data = tiny.noise();  // a head that is fitted would know anything else
  job.force = true;
  job.request.shots = 2;
  job.request.count = 16;  // names of folders are random, and so are draws: six were once alike
  job.request.sampling.temperature = 5;
  const auto all = generate_networks(job, generator, tiny.plugins, data);
  job.selection = Selection::kBest;
  const auto best = generate_networks(job, generator, tiny.plugins, data);
  REQUIRE(all.networks.size() == 16);
  REQUIRE(best.networks.size() == 1);
  double highest = 0;
  for (const auto& network : all.networks) highest = std::max(highest, network.validation_accuracy.value());
  CHECK(mean_accuracy(all) < highest);
  CHECK(best.networks[0].validation_accuracy.value() == highest);
  CHECK(best.networks[0].record.weights_hash ==
        all.networks[static_cast<std::size_t>(best.networks[0].index)].record.weights_hash);
}

TEST_CASE("a generated network is reproduced bit for bit from its record, which names the family of its anchor",
          "[learning]") {
  LearningZoo tiny;
  const Generator generator(generator_options(1).config, tiny.tokenizer, 3);
  DataCache data({1, 4});
  GenerationJob job{"mlp", {{"width", 8}}, {}, Selection::kNone};
  job.request.data = tiny.data();
  job.request.count = 2;
  auto made = generate_networks(job, generator, tiny.plugins, data);
  auto& network = made.networks.back();
  CHECK(network.record.family == "mlp");
  network.record.name = "made";
  tiny.zoo.add({{network.record, network.tensors}});
  const auto record = tiny.zoo.get("made");
  CHECK(weights_hash(reproduce(record, generator, tiny.plugins, data)) == record.weights_hash);
  const Generator other(generator_options(1).config, tiny.tokenizer, 4);
  CHECK_THROWS_AS(reproduce(record, other, tiny.plugins, data), Error);
  auto strange = record;
  strange.recipe = {{"kind", 1}};
  CHECK_THROWS_AS(reproduce(strange, generator, tiny.plugins, data), Error);
}

TEST_CASE("words alone are as good as the examples that they recall, and reproduced without the data", "[learning]") {
  LearningZoo tiny;
  const Generator generator = train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, generator_options(3));
  DataCache data({1, 4});
  GenerationJob job{"mlp", {{"width", 8}}, {}, Selection::kNone};
  job.request.instruction = "tell " + std::filesystem::path(tiny.data()).filename().string() + " apart";
  CHECK_THROWS_WITH(generate_networks(job, generator, tiny.plugins, data), Catch::Contains("nobody has read"));
  job.request = with_recalled(job.request, recall(generator, job.request.instruction, {}));
  job.reading = {{"data", job.request.data}};
  auto made = generate_networks(job, generator, tiny.plugins, data);
  auto& network = made.networks.at(0);
  CHECK(network.validation_accuracy.value() > 0.9);
  CHECK(network.record.recipe.at("reading").at("data") == tiny.data());
  network.record.name = "said";
  tiny.zoo.add({{network.record, network.tensors}});
  const auto record = tiny.zoo.get("said");
  DataCache nothing({1, 4});
  CHECK(weights_hash(reproduce(record, generator, tiny.plugins, nothing)) == record.weights_hash);
}

TEST_CASE("what is remembered stands beside few examples where it helps, and is reproduced", "[learning]") {
  LearningZoo tiny;
  const Generator generator = train_generator(tiny.zoo, tiny.plugins, tiny.tokenizer, generator_options(3));
  const auto made_for = [&](const std::string& spec, const std::string& beside) {
    DataCache data({1, 4});
    GenerationJob job{"mlp", {{"width", 8}}, {}, Selection::kNone};
    job.request.data = spec;
    job.request.beside = beside;
    job.request.shots = 2;
    job.force = true;
    return generate_networks(job, generator, tiny.plugins, data);
  };
  const auto of = kRemembered + tiny.data();
  auto made = made_for(tiny.data(), of);
  CHECK(made.beside == of);
  auto& record = made.networks.at(0).record;
  CHECK(record.recipe.at("request").at("beside") == of);
  record.name = "few";
  tiny.zoo.add({{record, made.networks[0].tensors}});
  DataCache again({1, 4});
  CHECK(weights_hash(reproduce(tiny.zoo.get("few"), generator, tiny.plugins, again)) == record.weights_hash);
  // The classes the other way round contradict the examples.
  const auto turned = made_for(tiny.data(), of + "[1,0]");
  CHECK(turned.beside.empty());
  CHECK(turned.caveats.size() == 1);
}

TEST_CASE("the start of a configuration that nothing was trained on works, says what it promises, and is reproduced",
          "[learning]") {
  LearningZoo tiny;
  const Generator generator(generator_options(1).config, tiny.tokenizer, 3);
  DataCache data({1, 4});
  for (const Json& config : {Json{{"width", 11}}, Json{{"width", 5}, {"depth", 3}}}) {
    GenerationJob job{"mlp", config, {}, Selection::kNone};
    job.request.data = tiny.data();
    job.start_only = true;
    const auto made = generate_networks(job, generator, tiny.plugins, data);
    auto network = made.networks.at(0);
    CHECK(network.validation_accuracy.value() > 0.9);
    CHECK(network.record.metrics.at("expected_accuracy") > 0.9);
    network.record.name = "start/" + std::to_string(config.at("width").get<int>());
    tiny.zoo.add({{network.record, network.tensors}});
    const auto record = tiny.zoo.get(network.record.name);
    CHECK(weights_hash(reproduce(record, generator, tiny.plugins, data)) == record.weights_hash);
    job.request.count = 2;
    CHECK_THROWS_AS(generate_networks(job, generator, tiny.plugins, data), Error);
  }
}

TEST_CASE("what is no better than guessing is refused, unless it is asked for", "[learning]") {
  LearningZoo tiny;
  const Generator generator(generator_options(1).config, tiny.tokenizer, 3);
  DataCache data({1, 4});
  GenerationJob job{"mlp", {{"width", 8}}, {}, Selection::kNone};
  job.request.data = tiny.noise();
  try {
    generate_networks(job, generator, tiny.plugins, data);
    FAIL("it was accepted");
  } catch (const Error& error) {
    CHECK(error.id() == "generate.chance");
    CHECK(error.code() == ErrorCode::kFailure);
  }
  job.force = true;
  CHECK(generate_networks(job, generator, tiny.plugins, data).networks.size() == 1);
}

TEST_CASE("fine-tuning keeps the family and the lineage, and gives other classes a new head", "[learning]") {
  test::TinyZoo tiny;
  grow(tiny.recipe(), tiny.zoo, tiny.plugins);
  const auto record = tiny.zoo.get("mlp/0");
  const auto description = tiny.plugins.describe(record.architecture, record.config);
  const Network network{record, description, to_weights(description, tiny.zoo.weights(record))};
  DataCache data({1, 4});
  TrainingOptions options;
  options.steps = 5;
  const auto same = finetune(network, *data.get(tiny.data()), options, tiny.plugins);
  CHECK_FALSE(same.new_head);
  CHECK(same.network.record.family == "mlp");
  REQUIRE(same.network.record.parents.size() == 1);
  CHECK(same.network.record.parents[0].parent == record.id);
  const auto fewer = finetune(network, *data.get(tiny.data() + "[1]"), options, tiny.plugins);
  CHECK(fewer.new_head);
  CHECK(fewer.network.description.classes == 1);
  CHECK(fewer.test == 1.0);
}
