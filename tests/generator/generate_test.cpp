#include <catch2/catch.hpp>

#include "../support/temporary_folder.hpp"
#include "small_generator.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/generator/generator.hpp"
#include "weightloom/generator/training.hpp"

using namespace weightloom;

namespace {

Request words(std::int64_t count, std::uint64_t seed) {
  Request request;
  request.instruction = "left or right";
  request.count = count;
  request.sampling.seed = seed;
  return request;
}

// State of the process-wide generator of random numbers.
torch::Tensor global_state() {
  return at::globalContext().defaultGenerator(torch::kCPU).get_state();
}

}  // namespace

TEST_CASE("a request that memory cannot hold is an error that states its size", "[generate]") {
  const Generator generator({.width = 8, .layers = 1, .heads = 2}, test::small_tokenizer(), 0);
  DataCache data({1, 4});
  try {
    generate(generator, test::small_mlp(2), words(std::int64_t{1} << 42, 0), data);
    FAIL("16 TiB were allocated");
  } catch (const Error& error) {
    CHECK(error.id() == "runtime.memory");
    CHECK(error.why().find("GiB") != std::string::npos);
    CHECK(!error.hint().empty());
  }
}

TEST_CASE("neither making nor running a generator touches the process-wide random numbers", "[generate]") {
  const auto before = global_state();
  const Generator generator({.width = 8, .layers = 1, .heads = 2}, test::small_tokenizer(), 5);
  DataCache data({1, 4});
  generate(generator, test::small_mlp(2), words(2, 7), data);
  CHECK(torch::equal(global_state(), before));
}

TEST_CASE("a seed gives the same tokens again, another seed others", "[generate]") {
  const Generator generator({.width = 8, .layers = 1, .heads = 2}, test::small_tokenizer(), 5);
  DataCache data({1, 4});
  const auto tokens = [&](std::uint64_t seed) {
    return generate(generator, test::small_mlp(2), words(2, seed), data).tokens;
  };
  CHECK(torch::equal(tokens(1), tokens(1)));
  CHECK_FALSE(torch::equal(tokens(1), tokens(2)));
}

TEST_CASE("a generator's id is that of its seed and start, and stays", "[generate]") {
  const auto tokenizer = test::small_tokenizer();
  const Generator one({.width = 8, .layers = 1, .heads = 2}, tokenizer, 5),
      same({.width = 8, .layers = 1, .heads = 2}, tokenizer, 5),
      other({.width = 8, .layers = 1, .heads = 2}, tokenizer, 6);
  CHECK(one.id() == same.id());
  CHECK(one.id() != other.id());
  CHECK(&one.id() == &one.id());
}

TEST_CASE("a generator file gives back the same generator; one that promises what it does not hold is refused",
          "[generate]") {
  const auto tokenizer = test::small_tokenizer();
  const Generator generator({.width = 8, .layers = 2, .heads = 2}, tokenizer, 5);
  const test::TemporaryFolder folder;
  const auto path = folder / "generator.safetensors";
  generator.save(path, Json::object());
  CHECK(Generator::load(path).id() == generator.id());
  const SafetensorsFile good = read_safetensors(path);
  const auto refusal = [&](const std::string& key, const Json& value) -> std::string {
    SafetensorsFile file = good;
    Json json = Json::parse(file.metadata.at("weightloom.generator"));
    json[key] = value;
    file.metadata["weightloom.generator"] = json.dump();
    write_safetensors(path, file.tensors, file.metadata);
    try {
      Generator::load(path);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      return error.id();
    }
    return "accepted";
  };
  for (const char* key : {"width", "layers", "heads", "most_classes"})
    for (const Json& value : {Json(1 << 30), Json(0), Json("many"), Json(nullptr)}) {
      INFO(key << " = " << value);
      CHECK(refusal(key, value) == "generator.malformed");
    }
  CHECK(refusal("width", 16384) == "generator.malformed");
  CHECK(refusal("layers", 256) == "generator.malformed");
  CHECK(refusal("heads", 3) == "generator.malformed");
  CHECK(refusal("order", "backwards") == "generator.malformed");
  CHECK(refusal("unheard_of", 1) == "generator.malformed");
  CHECK(refusal("schema", 7) == "generator.schema");
}

TEST_CASE("practice needs data sets to practise on", "[generate]") {
  const auto parse = [](const Json& data) {
    Json practice{{"architecture", "mlp"}};
    if (!data.is_null()) practice["data"] = data;
    return parse_generator_training({{"practice", {practice}}}, "recipe: generator");
  };
  CHECK(parse({"mnist"}).practice.at(0).data == std::vector<std::string>{"mnist"});
  for (const Json& data : {Json(nullptr), Json::array(), Json("mnist"), Json({1})}) CHECK_THROWS_AS(parse(data), Error);
  // A number of networks means something with ranges only.
  Json entry{{"architecture", "mlp"}, {"data", {"mnist"}}, {"count", 3}};
  CHECK_THROWS_AS(parse_generator_training({{"practice", {entry}}}, "r"), Error);
  entry["ranges"] = {{"width", {4, 8}}};
  CHECK(parse_generator_training({{"practice", {entry}}}, "r").practice.at(0).count == 3);
}

TEST_CASE("a file whose metadata is no generator's is refused", "[generate]") {
  const test::TemporaryFolder folder;
  const auto tokenizer = test::small_tokenizer();
  const auto refusal = [&](const std::map<std::string, std::string>& metadata) {
    write_safetensors(folder / "file", read_safetensors(folder / "good").tensors, metadata);
    try {
      Generator::load(folder / "file");
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("none");
  };
  Generator({.width = 8, .layers = 1, .heads = 2}, tokenizer, 5).save(folder / "good", {{"steps", 1}});
  auto metadata = read_safetensors(folder / "good").metadata;
  CHECK(refusal(metadata) == "none");
  metadata["weightloom.training"] = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(refusal(metadata) == "tokenizer.malformed");
  metadata["weightloom.generator"] = std::string(100'000, '[');
  CHECK(refusal(metadata) == "json.malformed");
  metadata["weightloom.generator"] = R"({"schema":1})";
  CHECK(refusal(metadata) == "generator.schema");
}
