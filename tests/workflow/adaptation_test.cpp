#include "weightloom/workflow/adaptation.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tiny_zoo.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/workflow/caveats.hpp"
#include "weightloom/workflow/elastic_anchor.hpp"
#include "weightloom/workflow/generation.hpp"
#include "weightloom/workflow/models.hpp"

using namespace weightloom;

namespace {

// A generator for multilayer perceptrons of width 8, and what it takes to teach it convolutional networks.
struct Taught : test::TinyZoo {
  Taught() {
    grow(recipe(), zoo, plugins);
    TokenizerTraining tokenizer;
    tokenizer.config = {.chunk = 16, .vector_chunk = 8, .codebooks = 2, .codes = 8, .hidden = 16};
    tokenizer.steps = 12;
    tokenizer.batch = 32;
    GeneratorTraining options;
    options.config = {.width = 16, .layers = 1, .heads = 2};
    options.steps = 6;
    options.networks = 2;
    options.images = 16;
    options.shots = 4;
    const auto codes = std::make_shared<const Tokenizer>(train_tokenizer(zoo, plugins, tokenizer));
    // Through a file, which says what it was trained on.
    generator =
        std::make_unique<Generator>(refresh_generator(folder / "generator", zoo, plugins, codes, options).model);
    job.architecture = "cnn";
    job.config = {{"pool", {1}}, {"depth", 1}};
    job.ranges = ConfigRanges({{"width", {{"each", {{2, 6}}}}}}, "r");
    job.anchor_steps = 150;
    job.steps = 3;
  }

  GenerationJob request(const std::string& architecture, const Json& config) const {
    GenerationJob wanted{architecture, config};
    wanted.request.data = data();
    wanted.request.shots = 8;
    return wanted;
  }

  std::unique_ptr<Generator> generator;
  AdaptationJob job;
};

const Json kCnn{{"pool", {1}}, {"depth", 1}, {"width", {4}}};

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

}  // namespace

TEST_CASE("an architecture that a generator does not know gets its start, with a caveat, and nothing from imagination",
          "[adaptation]") {
  Taught taught;
  DataCache data(ImageForm{1, 4});
  auto wanted = taught.request("cnn", kCnn);
  wanted.request.count = 3;
  const auto made = generate_networks(wanted, *taught.generator, taught.plugins, data);
  REQUIRE(made.networks.size() == 1);
  REQUIRE(made.caveats.size() == 1);
  CHECK_THAT(made.caveats[0], Catch::Contains("generator adapt --arch org.weightloom.cnn"));
  CHECK(made.networks[0].record.tags.contains("start"));
  CHECK(made.networks[0].validation_accuracy.value() > 0.8);
  wanted.request.data.clear();
  wanted.request.instruction = "left or right";
  wanted.config["classes"] = 2;
  CHECK(refusal([&] { generate_networks(wanted, *taught.generator, taught.plugins, data); }) == "generate.words");
  wanted.force = true;
  CHECK(refusal([&] { generate_networks(wanted, *taught.generator, taught.plugins, data); }) == "generate.unknown");
}

TEST_CASE("what was learnt is known, in the ranges that it was learnt for, and the rest is still there",
          "[adaptation]") {
  Taught taught;
  const auto made = adapt(*taught.generator, taught.plugins, taught.job);
  CHECK(made.anchor_steps == 150);
  CHECK(made.training.at("adaptations").at(0).at("architecture") == "org.weightloom.cnn");
  CHECK(made.training.at("members") == taught.generator->training().at("members"));
  REQUIRE(made.rows.size() == 2);
  CHECK(made.rows[0].family == "cnn");
  CHECK(std::isnan(made.rows[0].before));
  CHECK(made.rows[0].after > 0.8);
  CHECK(made.rows[1].family == "mlp");
  CHECK(made.rows[1].before > 0.8);
  CHECK(made.rows[1].after > 0.8);

  made.generator.save(taught.folder / "adapted", made.training);
  const Generator loaded = Generator::load(taught.folder / "adapted");
  CHECK(loaded.id() == made.generator.id());
  DataCache data(ImageForm{1, 4});
  const auto generated = generate_networks(taught.request("cnn", kCnn), loaded, taught.plugins, data);
  CHECK(generated.caveats.empty());
  CHECK(generated.networks.at(0).validation_accuracy.value() > 0.8);
  const auto wide =
      taught.plugins.describe("cnn", {{"pool", {1}}, {"depth", 1}, {"width", {9}}, {"size", 4}, {"classes", 2}});
  CHECK_THAT(caveats(loaded.tokenizer(), wide, "").at(0), Catch::Contains("width 9 (2 to 6)"));
  const auto large =
      taught.plugins.describe("cnn", {{"pool", {1}}, {"depth", 1}, {"width", {4}}, {"size", 8}, {"classes", 2}});
  CHECK_THAT(caveats(loaded.tokenizer(), large, "").at(0), Catch::Contains("images of [1, 4, 4]"));

  // A second adaptation of the same architecture replaces the first.
  const auto again = adapt(loaded, taught.plugins, taught.job);
  CHECK(again.generator.tokenizer().anchors().size() == loaded.tokenizer().anchors().size());
  CHECK(again.training.at("adaptations").size() == 2);
}

TEST_CASE("the same adaptation gives the same bits, interrupted or not", "[adaptation]") {
  Taught taught;
  const auto straight = adapt(*taught.generator, taught.plugins, taught.job).generator.id();
  taught.job.checkpoint = taught.folder / "checkpoint";
  for (const auto& [task, step] : {std::pair{"adapt: anchor of cnn", 30u}, {"adapt: generator", 2u}}) {
    CHECK_THROWS_AS(adapt(*taught.generator, taught.plugins, taught.job,
                          [task = std::string(task), step = step](const ProgressEvent& event) {
                            if (event.task == task && event.done == step) request_interrupt();
                          }),
                    Error);
    clear_interrupt();
  }
  CHECK(adapt(*taught.generator, taught.plugins, taught.job).generator.id() == straight);
}

TEST_CASE("a generator whose file does not say what it was trained on needs data", "[adaptation]") {
  Taught taught;
  taught.generator->save(taught.folder / "silent", Json::object());
  const Generator silent = Generator::load(taught.folder / "silent");
  CHECK(refusal([&] { adapt(silent, taught.plugins, taught.job); }) == "adapt.data");
  taught.generator->save(taught.folder / "odd", {{"sources", {1, nullptr}}, {"adaptations", 7}});
  CHECK(refusal([&] { adapt(Generator::load(taught.folder / "odd"), taught.plugins, taught.job); }) == "adapt.data");
  taught.job.data = {taught.data()};
  taught.job.steps = 0;
  CHECK(adapt(silent, taught.plugins, taught.job).generator.tokenizer().find_anchor("org.weightloom.cnn", "") !=
        nullptr);
}

TEST_CASE("elastic settings are those that change widths and depths, as far as the plugin accepts them",
          "[adaptation]") {
  test::TinyZoo tiny;
  const std::set<std::string> form{"channels", "size", "classes"};
  const auto of = [&](const std::string& architecture, const Json& config) {
    return elastic_ranges(tiny.plugins, architecture, config, form).json();
  };
  // Twice as wide and twice as deep would be eight times as dear.
  CHECK(of("mlp", {{"size", 4}}) == Json{{"depth", {1, 2}}, {"width", {16, 32}}});
  // Kernels, pools and what lists fix are no sizes.
  CHECK(of("cnn", {{"size", 8}, {"width", {4, 6, 8}}}) == Json{{"width", {{"each", {{2, 4}, {3, 6}, {4, 8}}}}}});
  CHECK(elastic_ranges(tiny.plugins, "mlp", {{"size", 4}}, {"channels", "size", "classes", "width"}).json() ==
        Json{{"depth", {1, 4}}});
}
