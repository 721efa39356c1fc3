#include "weightloom/workflow/understanding.hpp"

#include <catch2/catch.hpp>

#include "../support/error_id.hpp"
#include "tiny_zoo.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/plugin/plugin_card.hpp"

using namespace weightloom;
using weightloom::testing::error_id;

namespace {

// An anchor of perceptrons of 4 to 16 units and 1 to 3 layers, of images of 4 x 4.
struct Known {
  test::TinyZoo tiny;
  Tokenizer tokenizer = make();

  Tokenizer make() const {
    const auto largest =
        tiny.plugins.describe("mlp", {{"channels", 1}, {"size", 4}, {"classes", 2}, {"depth", 3}, {"width", 16}});
    Anchor anchor{"mlp", largest, initial_weights(largest, 1, 0)};
    anchor.ranges = {{"width", {4, 16}}, {"depth", {1, 3}}};
    return {{.chunk = 16, .vector_chunk = 8, .codebooks = 2, .codes = 8, .hidden = 16},
            {anchor},
            torch::zeros({4, 1, 4, 4})};
  }
  GenerationJob understood(const std::string& instruction, GenerationJob job = {}) const {
    job.request.instruction = instruction;
    job.config["classes"] = 2;
    const auto names = plugin_keywords(plugin_cards(tiny.plugins));
    return with_architecture(job, read_architecture(instruction, names, {}), tiny.plugins, tokenizer);
  }
  std::string refusal(const std::string& instruction, const GenerationJob& job = {}) const {
    return error_id([&] { understood(instruction, job); });
  }
};

}  // namespace

TEST_CASE("an instruction that names a network needs no option for it", "[understanding]") {
  Known known;
  const auto job = known.understood("a perceptron with three hidden layers of 12 units");
  CHECK(job.architecture == "mlp");
  CHECK(job.config.at("depth") == 3);
  CHECK(job.config.at("width") == 12);
  // What is left open lies where the anchor was trained: the plugin's own width would be beyond it.
  CHECK(known.understood("a perceptron").config.at("width") == 16);
  CHECK(known.refusal("a model of something") == "generate.options");
  CHECK(known.refusal("a generative adversarial network") == "instruction.architecture");
}

TEST_CASE("a limit of weights is kept", "[understanding]") {
  Known known;
  const auto job = known.understood("a perceptron of at most 150 parameters");
  CHECK(wanted_network(job, known.tiny.plugins, known.tokenizer).parameter_count() <= 150);
  CHECK(known.refusal("a perceptron of at most 10 parameters") == "instruction.parameters");
}

TEST_CASE("what is said and what is given may not contradict each other", "[understanding]") {
  Known known;
  GenerationJob given{"mlp", {{"depth", 2}}};
  CHECK(known.understood("two layers", given).config.at("depth") == 2);
  CHECK(known.refusal("three layers", given) == "instruction.conflict");
  CHECK(known.refusal("a convolutional network", given) == "instruction.conflict");
}

TEST_CASE("words and groups of classes must agree", "[understanding]") {
  const std::vector<Card> cards{card_of("mnist", source_class_names("mnist"))};
  const auto refusal = [&](const std::string& instruction, const std::string& data) {
    Request request;
    request.instruction = instruction;
    request.data = data;
    return error_id([&] { expect_agreement(request, cards, {}); });
  };
  CHECK(refusal("is it a handwritten seven or not", "mnist[7,rest]") == "none");
  CHECK(refusal("handwritten digits", "mnist[7,rest]") == "none");
  CHECK(refusal("is it a handwritten seven or not", "mnist[3,rest]") == "instruction.conflict");
  CHECK(refusal("is it a handwritten seven or not", "mnist[7,3]") == "instruction.conflict");
  CHECK(refusal("handwritten threes against sevens", "mnist[7,rest]") == "instruction.conflict");
}

TEST_CASE("accuracy is bought by choosing among several, speed by the start alone", "[understanding]") {
  Known known;
  const auto best = known.understood("a perceptron, as accurate as possible");
  CHECK(best.selection == Selection::kBest);
  CHECK(best.request.count == 8);
  CHECK(known.understood("a quick draft of a perceptron").start_only);
}
