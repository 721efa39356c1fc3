#include "weightloom/sdk/config.hpp"

#include <catch2/catch.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("depth", 20, {8, 100}, "layers")
      .number("rate", 0.1, {0, 1}, "dropout")
      .boolean("bias", true, "with bias")
      .choice("style", "small", {"small", "large"}, "form")
      .integers("width", {16, 32}, {1, 512}, "channels")
      .defaults_when("style", "large", {{"width", Json::Array{64, 128}}})
      .preset("deep", {{"depth", 56}, {"style", "large"}});
}

std::string canonical(std::string_view text) {
  return schema().read(text).json().dump();
}

std::string config_problem(std::string_view text) {
  try {
    schema().read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the canonical form has every key in the order of declaration, whatever the order given") {
  const std::string defaults = R"({"depth":20,"rate":0.1,"bias":true,"style":"small","width":[16,32]})";
  CHECK(canonical("") == defaults);
  CHECK(canonical("{}") == defaults);
  CHECK(canonical(defaults) == defaults);
  CHECK(canonical(R"({"width":8,"rate":1,"depth":9})") == canonical(R"({"depth":9,"rate":1,"width":[8]})"));
}

TEST_CASE("a preset states values, given keys win, and other defaults follow") {
  CHECK(canonical(R"({"preset":"deep"})") == R"({"depth":56,"rate":0.1,"bias":true,"style":"large","width":[64,128]})");
  CHECK(canonical(R"({"preset":"deep","depth":9,"width":[1]})") ==
        R"({"depth":9,"rate":0.1,"bias":true,"style":"large","width":[1]})");
}

TEST_CASE("every refusal names the key, the value and a remedy") {
  CHECK(config_problem(R"({"dept":9})") ==
        "config key 'dept': no such key; use one of: depth, rate, bias, style, width");
  CHECK(config_problem(R"({"depth":7})") == "config key 'depth': 7 is too small; use at least 8");
  CHECK(config_problem(R"({"depth":101})") == "config key 'depth': 101 is too large; use at most 100");
  CHECK(config_problem(R"({"depth":9.0})") == "config key 'depth': 9.0 is not an integer; give a whole number");
  CHECK(config_problem(R"({"depth":null})") == "config key 'depth': null is not an integer; give a whole number");
  CHECK(config_problem(R"({"rate":2})") == "config key 'rate': 2 is out of range; use 0 to 1");
  CHECK(config_problem(R"({"bias":1})") == "config key 'bias': 1 is not a truth value; use true or false");
  CHECK(config_problem(R"({"style":"huge"})") ==
        "config key 'style': \"huge\" is not an option; use one of: small, large");
  CHECK(config_problem(R"({"width":["a"]})") == "config key 'width': \"a\" is not an integer; give a whole number");
  CHECK(config_problem(R"({"preset":"x"})") == "config key 'preset': there is no preset \"x\"; use one of: deep");
  CHECK(config_problem("[]") == "the configuration must be a JSON object");
}

TEST_CASE("a completion derives values and sees what was given") {
  auto completed = schema().complete([](Config& config) {
    if (!config.given("depth")) config.set("depth", config.integers("width").size() + 8);
  });
  CHECK(completed.read(R"({"width":[1,2,3]})").integer("depth") == 11);
  CHECK(completed.read(R"({"depth":30})").integer("depth") == 30);
}

TEST_CASE("the schema text says type, default, range, options, help and presets") {
  const auto json = schema().to_json();
  CHECK(json.find("schema")->string() == "weightloom.config/1");
  CHECK(json.find("keys")->find("depth")->dump() ==
        R"({"type":"integer","default":20,"least":8,"most":100,"help":"layers"})");
  CHECK(json.find("keys")->find("style")->find("options")->dump() == R"(["small","large"])");
  CHECK(json.find("presets")->dump() == R"({"deep":{"depth":56,"style":"large"}})");
  CHECK(json.find("keywords")->dump() == "[]");
  CHECK(schema().keywords({"deep net"}).to_json().find("keywords")->dump() == R"(["deep net"])");
}

TEST_CASE("asking for a key that was not declared is the author's error") {
  CHECK_THROWS_AS(schema().read("").integer("colour"), std::logic_error);
}

TEST_CASE("what a schema declares about keys that it lacks, or beyond their ranges, is its author's mistake") {
  const auto mistake = [](const ConfigSchema& declared) -> std::string {
    try {
      declared.read("");
    } catch (const std::logic_error& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(mistake(schema().defaults_when("form", "large", {{"depth", 9}})) ==
        "the schema's defaults_when names 'form', which is none of its keys");
  CHECK(mistake(schema().defaults_when("style", "huge", {{"depth", 9}})) ==
        "the schema's defaults_when has a value that its key does not allow: config key 'style': \"huge\" is not an "
        "option; use one of: small, large");
  CHECK(mistake(schema().defaults_when("style", "large", {{"height", 9}})) ==
        "the schema's defaults_when 'style' names 'height', which is none of its keys");
  CHECK(mistake(schema().preset("deeper", {{"dept", 9}})) ==
        "the schema's preset 'deeper' names 'dept', which is none of its keys");
  CHECK(mistake(schema().preset("deepest", {{"depth", 900}})) ==
        "the schema's preset 'deepest' has a value that its key does not allow: config key 'depth': 900 is too large; "
        "use "
        "at most 100");
  CHECK(
      mistake(schema().integer("patch", 3, {4, 8}, "a default below its range")) ==
      "the schema's default has a value that its key does not allow: config key 'patch': 3 is too small; use at least "
      "4");
  CHECK(mistake(schema()) == "accepted");
}
