#include "weightloom/generator/exemplars.hpp"

#include <catch2/catch.hpp>

#include "../support/error_id.hpp"
#include "../support/row_networks.hpp"
#include "small_generator.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/generator/recall.hpp"

using namespace weightloom;
using namespace weightloom::test;
using weightloom::testing::error_id;

namespace {

struct Remembering {
  TemporaryFolder folder;
  std::string circles = (folder / "circles").string();
  DataCache data{ImageForm{1, 4}};
  Generator generator{{.width = 8, .layers = 1, .heads = 2}, small_tokenizer(), 0};

  Remembering() {
    write_rows(circles, 3);
    generator.remember(draw_exemplars(data, {circles}, 7));
  }
};

}  // namespace

TEST_CASE("a generator remembers images of each class, which come back from its file", "[exemplars]") {
  Remembering made;
  const Exemplars& of = made.generator.exemplars().at(0);
  CHECK(of.card.name == made.circles);
  CHECK(of.card.classes == std::vector<std::string>{"row0", "row1", "row2"});
  // As many as the smallest class has: the folder gives 20 images of each, the split is at random.
  REQUIRE(of.train.dim() == 5);
  CHECK(of.train.size(0) == 3);
  CHECK(of.train.size(1) > 10);
  CHECK(of.train.sizes().slice(2) == std::vector<std::int64_t>{1, 4, 4});
  CHECK(of.validation.size(1) >= 1);
  // Row k is bright in images of class k.
  CHECK(of.train.mean(1).squeeze(1).mean(2).argmax(1).equal(torch::arange(3)));

  made.generator.save(made.folder / "generator", Json::object());
  const Generator back = Generator::load(made.folder / "generator");
  CHECK(back.id() == made.generator.id());
  REQUIRE(back.exemplars().size() == 1);
  const double step = (of.train.max() - of.train.min()).item<double>() / 255;
  CHECK((back.exemplars()[0].train - of.train).abs().max().item<double>() < step);
  CHECK(back.exemplars()[0].card.description == "circles");
}

TEST_CASE("what is remembered is a data set of its own", "[exemplars]") {
  Remembering made;
  const auto memory = remembered(made.generator.exemplars());
  std::filesystem::remove_all(made.circles);
  const auto on = memory->get(made.circles + "[2,0]");
  CHECK(on->classes() == 2);
  CHECK(on->train.labels.size(0) == 2 * made.generator.exemplars()[0].train.size(1));
  CHECK(on->validation.labels.size(0) == 2 * made.generator.exemplars()[0].validation.size(1));
}

TEST_CASE("a file whose exemplars are damaged is refused", "[exemplars]") {
  Remembering made;
  const auto path = made.folder / "generator";
  made.generator.save(path, Json::object());
  const auto whole = read_safetensors(path);
  const auto refusal = [&](auto change) {
    auto file = whole;
    Json json = Json::parse(file.metadata.at("weightloom.generator"));
    change(file.tensors, json);
    file.metadata["weightloom.generator"] = json.dump();
    write_safetensors(path, file.tensors, file.metadata);
    return error_id([&] { Generator::load(path); });
  };
  CHECK(refusal([](TensorMap&, Json&) {}) == "none");
  CHECK(refusal([](TensorMap&, Json& json) { json.erase("exemplars"); }) == "none");  // files of before
  CHECK(refusal([](TensorMap& tensors, Json&) { tensors.erase("exemplars.0.train"); }) == "generator.malformed");
  CHECK(refusal([](TensorMap&, Json& json) { json["exemplars"] = 1; }) == "generator.malformed");
  CHECK(refusal([](TensorMap&, Json& json) { json["exemplars"][0]["card"]["classes"] = {"one"}; }) ==
        "generator.malformed");
  CHECK(refusal([](TensorMap&, Json& json) { json["exemplars"][0].erase("step"); }) == "generator.malformed");
}

TEST_CASE("beside examples words recall the same classes, under whatever names", "[exemplars]") {
  Remembering made;
  const auto beside = [&](const std::string& data, const std::vector<std::string>& names,
                          const std::string& instruction = "a net for circles") {
    Request request;
    request.instruction = instruction;
    request.data = data;
    return recall_beside(made.generator, request, names, {});
  };
  const auto remembered_of = [&](const std::string& classes) { return kRemembered + made.circles + classes; };
  CHECK(beside(made.circles + "@40", {"row0", "row1", "row2"}) == remembered_of(""));
  CHECK(beside(made.circles + "[2,0]", {"row2", "row0"}) == remembered_of("[2,0]"));
  CHECK(beside(made.circles + "[2,rest]", {"row2", "rest"}) == remembered_of("[2,rest]"));
  CHECK(beside("elsewhere", {"row1", "row0"}) == remembered_of("[1,0]"));
  CHECK(beside("elsewhere", {"row1", "other"}).empty());
  CHECK(beside("elsewhere", {"row1", "row0"}, "handwritten digits").empty());
  CHECK(beside("elsewhere", {"row1", "row0"}, "").empty());
}

TEST_CASE("examples stand before what is remembered of their classes", "[exemplars]") {
  Remembering made;
  Request request;
  request.data = made.circles + "[2,0]";
  request.shots = 3;
  const auto own = example_images(request, made.data);
  request.beside = kRemembered + request.data;
  keep_remembered(made.generator.exemplars(), made.data);
  const auto all = example_images(request, made.data);
  CHECK(all.narrow(1, 0, 3).equal(own));
  CHECK(
      all.slice(1, 3).equal(made.generator.exemplars()[0].train.index_select(0, torch::tensor({2, 0}, torch::kInt64))));
  CHECK(request_from_json(to_json(request)).beside == request.beside);
}

TEST_CASE("words recall what the generator learned from, and nothing else", "[exemplars]") {
  Remembering made;
  const auto refusal = [&](const std::string& text) { return error_id([&] { recall(made.generator, text, {}); }); };
  CHECK(recall(made.generator, "a net for circles", {}).data() == made.circles);
  CHECK(refusal("handwritten digits") == "recall.unknown");
  CHECK(refusal("zqx") == "instruction.nothing");
  made.generator.remember({});
  CHECK(refusal("circles") == "recall.nothing");
}
