#include "weightloom/workflow/up_to_date.hpp"

#include <catch2/catch.hpp>

#include "../support/temporary_folder.hpp"
#include "weightloom/formats/safetensors.hpp"

using namespace weightloom;

TEST_CASE("a model file is current when it says that it was trained the same way") {
  const test::TemporaryFolder folder;
  const auto file = folder / "model.safetensors";
  const Json provenance{{"options", {{"steps", 3}}}};
  CHECK_FALSE(model_is_current(file, provenance));
  const auto is_current = [&](const std::map<std::string, std::string>& metadata) {
    write_safetensors(file, {}, metadata);
    return model_is_current(file, provenance);
  };
  CHECK(is_current({{"weightloom.training", provenance.dump()}}));
  CHECK_FALSE(is_current({{"weightloom.training", R"({"options":{"steps":4}})"}}));
  CHECK_FALSE(is_current({{"weightloom.training", "no JSON"}}));
  CHECK_FALSE(is_current({}));
  // A generator's file says how its tokenizer was trained, too.
  const auto generator = Json{{"training", provenance}}.dump();
  CHECK(is_current({{"weightloom.generator", generator}, {"weightloom.training", "{}"}}));
  CHECK_FALSE(is_current({{"weightloom.generator", "{}"}, {"weightloom.training", provenance.dump()}}));
}

TEST_CASE("results are current when they have the fingerprint, and none when they are malformed") {
  const test::TemporaryFolder folder;
  const auto file = folder / "results.json";
  CHECK_FALSE(current_results(file, "f"));
  const auto of = [&](const std::string& text) {
    test::write_quickly(file, text);
    return current_results(file, "f");
  };
  CHECK(of(R"({"fingerprint":"f","rows":[]})").value().at("rows").empty());
  for (const auto& text :
       {std::string(R"({"fingerprint":"g"})"), std::string(R"({"fingerprint":1})"), std::string("{}"),
        std::string("[]"), std::string(), std::string(100'000, '['),
        R"({"fingerprint":"f","rows":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"})
    CHECK_FALSE(of(text));
}
