#include "weightloom/tokenizer/tokenizer.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "../support/small_networks.hpp"
#include "../support/temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/tokenizer/chunks.hpp"

namespace weightloom {
namespace {

TokenizerConfig tiny() {
  TokenizerConfig config;
  config.chunk = 8;
  config.vector_chunk = 4;
  config.codebooks = 3;
  config.codes = 32;
  config.hidden = 16;
  return config;
}

torch::Tensor images() {
  auto generator = make_generator(7);
  return torch::randn({32, 1, 4, 4}, generator);
}

Tokenizer fitted(std::vector<Anchor> anchors, const NetworkDescription& description, const Weights& weights) {
  Tokenizer tokenizer(tiny(), std::move(anchors), images());
  const auto plan = tokenizer.plan(description);
  const auto chunks = tokenizer.normalise(*plan, weights).chunks;
  tokenizer.model().quantizer->initialise(chunks.reshape({-1, 8}), plan->mask().expand_as(chunks).reshape({-1, 8}), 0);
  return tokenizer;
}

std::string refusal(const std::filesystem::path& path) {
  try {
    Tokenizer::load(path);
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

TEST_CASE("chunks hold every tokenised value exactly once") {
  const auto description = test::small_mlp(2);
  const Tokenizer tokenizer(tiny(), {}, images());
  const auto plan = tokenizer.plan(description);
  const Weights weights = initial_weights(description, 3, 1);
  CHECK(plan->deviations(weights).size(1) == description.parameter_count());
  CHECK(plan->mask().sum().item<double>() == static_cast<double>(description.parameter_count()));
  std::vector<torch::Tensor> chunks;
  for (std::int64_t t = 0; t < plan->tensors(); ++t)
    chunks.push_back(
        cut_chunks(plan->tensor(t), plan->deviation(t, weights), 8, 0, slot_range(plan->layout(), t, 1).chunks));
  const auto scales = (1 / plan->reference_scales()).unsqueeze(0).expand({3, -1});
  const Weights back = plan->weights(torch::cat(chunks, 1), scales);
  for (std::size_t p = 0; p < weights.tensors.size(); ++p) CHECK(torch::allclose(back.tensors[p], weights.tensors[p]));
}

TEST_CASE("a network in the codebooks' span survives tokens closely, and more codebooks are closer") {
  const auto description = test::small_mlp(2);
  const Weights weights = initial_weights(description, 20, 2);
  const Tokenizer tokenizer = fitted({}, description, weights);
  const auto plan = tokenizer.plan(description);
  const auto tokens = tokenizer.encode(*plan, weights);
  CHECK(tokens.sizes() == torch::IntArrayRef({20, plan->slots(), 3}));
  const auto truth = plan->deviations(weights);
  double last = truth.norm().item<double>();
  for (std::int64_t stages = 1; stages <= 3; ++stages) {
    const double error = (plan->deviations(tokenizer.decode(*plan, tokens, stages)) - truth).norm().item<double>();
    CHECK(error < last);
    last = error;
  }
}

TEST_CASE("a scale that means none is the anchor exactly, and what did not move gets it") {
  const auto description = test::small_mlp(2);
  Weights weights = initial_weights(description, 4, 2);
  const Anchor anchor{"family", description, initial_weights(description, 1, 5), false};
  const Tokenizer tokenizer = fitted({anchor}, description, weights);
  const auto plan = tokenizer.plan(description);
  weights.tensors[0] = plan->anchor().tensors[0].expand_as(weights.tensors[0]);
  auto tokens = tokenizer.encode(*plan, weights);
  CHECK(torch::equal(tokenizer.decode(*plan, tokens).tensors[0], weights.tensors[0]));
  CHECK(tokens.select(2, 0).select(1, 0).eq(0).all().item<bool>());
  CHECK(tokens.select(2, 0).index_select(1, plan->scale_slots()).narrow(1, 2, 1).gt(0).all().item<bool>());
  const auto start = tokenizer.decode(*plan, torch::zeros_like(tokens));
  for (std::size_t p = 0; p < start.tensors.size(); ++p)
    CHECK(torch::equal(start.tensors[p], plan->anchor().tensors[p].expand_as(start.tensors[p])));
}

TEST_CASE("an anchor reaches networks of other depth, without their head") {
  const auto deep = test::small_mlp(3), shallow = test::small_mlp(2);
  const Anchor anchor{"family", deep, initial_weights(deep, 1, 3), false};
  const Weights mapped = map_anchor(&anchor, shallow);
  const auto at = [](const NetworkDescription& d, const char* name) { return *d.find_parameter(name); };
  CHECK(torch::equal(mapped.tensors[at(shallow, "block1.linear.weight")],
                     anchor.weights.tensors[at(deep, "block2.linear.weight")]));
  CHECK(torch::equal(mapped.tensors[at(shallow, "block0.linear.weight")],
                     anchor.weights.tensors[at(deep, "block0.linear.weight")]));
  CHECK(mapped.tensors[at(shallow, "head.weight")].abs().sum().item<double>() == 0);
}

TEST_CASE("a tokenizer file gives back the same tokenizer, and other files are refused") {
  const auto description = test::small_mlp(2);
  const Weights weights = initial_weights(description, 8, 4);
  const Anchor anchor{"family", description, initial_weights(description, 1, 5), false};
  const Tokenizer tokenizer = fitted({anchor}, description, weights);
  const auto path = std::filesystem::temp_directory_path() / "weightloom_tokenizer_test.safetensors";
  tokenizer.save(path, {{"steps", 1}});
  const Tokenizer loaded = Tokenizer::load(path);
  std::filesystem::remove(path);
  CHECK(loaded.id() == tokenizer.id());
  CHECK(torch::equal(loaded.encode(*loaded.plan(description), weights),
                     tokenizer.encode(*tokenizer.plan(description), weights)));

  for (const auto& [text, id] : {std::pair<std::string, std::string>{R"({"schema":1})", "tokenizer.schema"},
                                 {"[]", "tokenizer.schema"},
                                 {std::string(100'000, '['), "json.malformed"}}) {
    write_safetensors(path, {}, {{"weightloom.tokenizer", text}});
    CHECK(refusal(path) == id);
  }
  write_file(path, "not safetensors");
  CHECK_THROWS_AS(Tokenizer::load(path), Error);
  std::filesystem::remove(path);
}

TEST_CASE("a tokenizer file that promises what it does not hold is refused before memory is taken for it") {
  const auto description = test::small_mlp(2);
  const Tokenizer tokenizer = fitted({{"a:b", description, initial_weights(description, 1, 5), false}}, description,
                                     initial_weights(description, 8, 4));
  const test::TemporaryFolder folder;
  const auto path = folder / "tokenizer.safetensors";
  tokenizer.save(path, Json::object());
  CHECK(torch::equal(Tokenizer::load(path).anchors().front().weights.tensors.front(),
                     tokenizer.anchors().front().weights.tensors.front()));
  const SafetensorsFile good = read_safetensors(path);
  const auto refusal = [&](const std::string& pointer, const Json& value) -> std::string {
    SafetensorsFile file = good;
    Json json = Json::parse(file.metadata.at("weightloom.tokenizer"));
    json[Json::json_pointer(pointer)] = value;
    file.metadata["weightloom.tokenizer"] = json.dump();
    write_safetensors(path, file.tensors, file.metadata);
    try {
      Tokenizer::load(path);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      CHECK(error.path() == path.string());
      return error.id();
    }
    return "accepted";
  };
  for (const char* key : {"hidden", "codes", "codebooks", "chunk", "scale_levels"})
    for (const Json& value : {Json(1 << 30), Json(-1), Json("many"), Json(nullptr), Json(2.5)}) {
      INFO(key << " = " << value);
      CHECK(refusal("/shape/" + std::string(key), value) == "tokenizer.malformed");
    }
  CHECK(refusal("/shape/hidden", 60000) == "tokenizer.malformed");
  CHECK(refusal("/shape/quantizer", "other") == "tokenizer.malformed");
  CHECK(refusal("/anchors", 3) == "tokenizer.malformed");
  CHECK(refusal("/anchors/0/family", "c") == "tokenizer.malformed");
  CHECK(refusal("/anchors/0/description", Json::array()) == "tokenizer.malformed");
  CHECK(refusal("/anchors/0/config", Json::array()) == "tokenizer.malformed");
  CHECK(refusal("/anchors/0/ranges", 3) == "tokenizer.malformed");
  CHECK(refusal("/schema", 1) == "tokenizer.schema");
  SafetensorsFile file = good;
  file.tensors["reference_images"] = HostTensor::from_f32({2}, std::vector<float>{1, 2});
  write_safetensors(path, file.tensors, file.metadata);
  CHECK_THROWS_WITH(Tokenizer::load(path), Catch::Contains("reference images"));
}

}  // namespace
}  // namespace weightloom
