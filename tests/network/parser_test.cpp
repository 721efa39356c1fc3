#include <catch2/catch.hpp>

#include "descriptions.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/network/description.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

// The error that parsing `text` ends in; what() and hint as one string.
struct Refusal {
  std::string id, message;
};

Refusal refusal(const std::string& text) {
  try {
    parse_description(text);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kPlugin);
    return {error.id(), std::string(error.what()) + " | " + error.hint()};
  }
  FAIL("the description was accepted");
  return {};
}

template <typename Change>
Refusal refusal_of(Net net, Change change) {
  change(net.json);
  return refusal(net.json.dump());
}

void check(const Refusal& found, const std::string& id, std::initializer_list<const char*> parts) {
  INFO(found.message);
  CHECK(found.id == "description." + id);
  for (const auto* part : parts) CHECK(found.message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a good description is read with every attribute explicit") {
  const auto net = cnn().parse();
  CHECK(net.architecture == "org.weightloom.cnn");
  CHECK(net.classes == 3);
  CHECK(net.parameter_count() == 36 + 180 + 63);
  CHECK(net.label() == "cnn width=4");
  CHECK(net.nodes[0].attributes == Json{{"stride", {1, 1}}, {"padding", {1, 1}}, {"dilation", {1, 1}}, {"groups", 1}});
  CHECK(net.nodes[2].attributes ==
        Json{{"kernel", {2, 2}}, {"stride", {2, 2}}, {"padding", {0, 0}}, {"ceil_mode", false}});
  CHECK(*net.nodes[0].parameter("weight") == "conv0.weight");
  CHECK(net.nodes[0].parameter("bias") == nullptr);
}

TEST_CASE("buffers are values but not parameters") {
  const auto net = resnet(1).parse();
  CHECK(net.value_count() - net.parameter_count() == 3 * 8);
  CHECK_FALSE(net.parameters[*net.find_parameter("stem.norm.running_mean")].trainable);
}

TEST_CASE("writing and reading again changes nothing") {
  for (const auto& net : {mlp(), cnn(), resnet(2), vit()}) {
    const auto json = to_json(net.parse());
    CHECK(to_json(parse_description(json.dump())) == json);
  }
}

TEST_CASE("nodes in any acyclic order are sorted, and parameters follow their first use") {
  const auto net = vit();
  auto shuffled = net.json;
  std::reverse(shuffled["nodes"].begin(), shuffled["nodes"].end());
  std::reverse(shuffled["parameters"].begin(), shuffled["parameters"].end());
  const auto sorted = parse_description(shuffled.dump());
  CHECK(sorted.nodes.front().name == "patch");
  CHECK(sorted.nodes.back().name == "head");
  CHECK(sorted.parameters.front().name == "patch.weight");
  CHECK(sorted.parameters.back().name == "head.bias");
}

TEST_CASE("equal configurations have equal identities, whatever the order of their keys") {
  Net a = mlp(), b = mlp(), c = mlp();
  a.json["config"] = {{"width", 8}, {"depth", 2}};
  b.json["config"] = {{"depth", 2}, {"width", 8}};
  c.json["config"] = {{"depth", 3}, {"width", 8}};
  CHECK(a.parse().identity == b.parse().identity);
  CHECK(a.parse().identity != c.parse().identity);
  CHECK(a.parse().identity.size() == 64);
}

TEST_CASE("text that is not a bounded JSON document is refused") {
  check(refusal(""), "syntax", {});
  check(refusal("{\"schema\": "), "syntax", {});
  check(refusal("{\"a\": \"\xff\"}"), "syntax", {});
  check(refusal("{\"a\": 1e999}"), "syntax", {});
  check(refusal(std::string(100'000, '[')), "nesting", {"32"});
  check(refusal("{\"schema\": 1, \"schema\": 2}"), "duplicate_key", {"schema"});
  check(refusal("[]"), "type", {"expected an object", "array"});
  check(refusal(std::string((64u << 20) + 1, ' ')), "too_large", {});
  std::string wide = "{";
  for (int i = 0; i < 5000; ++i) wide += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
  check(refusal(wide + "}"), "too_large", {"4096"});
}

TEST_CASE("the frame of a description is checked") {
  check(refusal_of(mlp(), [](Json& j) { j["schema"] = "weightloom.network/2"; }), "schema",
        {"weightloom.network/1", "network/2"});
  check(refusal_of(mlp(), [](Json& j) { j.erase("nodes"); }), "missing_key", {"nodes"});
  check(refusal_of(mlp(), [](Json& j) { j["outputs"] = 1; }), "unknown_key", {"outputs", "did you mean 'output'"});
  check(refusal_of(mlp(), [](Json& j) { j["task"] = "regresion"; }), "task",
        {"regresion", "did you mean 'regression'"});
  check(refusal_of(mlp(), [](Json& j) { j["task"] = "segmentation"; }), "output", {"[classes, height, width]", "[3]"});
  check(refusal_of(mlp(), [](Json& j) { j["input"]["tokens"] = 0; }), "type", {"1 to 16777216"});
  check(refusal_of(mlp(), [](Json& j) { j["config"] = 3; }), "type", {"$.config", "expected an object, found 3"});
  check(refusal_of(mlp(), [](Json& j) { j["architecture"] = ""; }), "type", {"$.architecture"});
  check(refusal_of(mlp(), [](Json& j) { j["output"] = "haed"; }), "unknown_value", {"$.output", "did you mean 'head'"});
  check(refusal_of(mlp(), [](Json& j) { j["output"] = "image"; }), "output", {});
  check(refusal_of(mlp(), [](Json& j) { j["input"]["shape"] = Json::array(); }), "shape", {"$.input.shape", "rank"});
  check(refusal_of(mlp(), [](Json& j) { j["input"]["shape"] = {1, -4, 4}; }), "type", {"$.input.shape[1]", "-4"});
  check(refusal_of(mlp(), [](Json& j) { j["input"]["shape"] = {1, 4.0, 4}; }), "type", {"$.input.shape[1]", "4.0"});
  check(refusal_of(mlp(), [](Json& j) { j["input"]["shape"] = {1 << 20, 1 << 20, 1 << 20}; }), "shape", {"2^40"});
  check(refusal_of(mlp(), [](Json& j) { j["input"]["shape"] = {18446744073709551615ull}; }), "type",
        {"18446744073709551615"});
}

TEST_CASE("parameters are checked") {
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["name"] = "a b"; }), "name",
        {"$.parameters[0].name", "a b"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["name"] = std::string(257, 'a'); }), "name", {"256"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][1] = j["parameters"][0]; }), "duplicate_name",
        {"layer0.weight"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["role"] = "wieght"; }), "role", {"did you mean 'weight'"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["role"] = "bias"; }), "role",
        {"'weight'", "'bias'", "layer0"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["init"]["kind"] = "kaiming"; }), "init",
        {"$.parameters[0].init.kind", "kaiming_"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["init"].erase("gain"); }), "missing_key", {"gain"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["init"]["gain"] = -1; }), "type", {"not negative"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][1]["init"]["gain"] = 1; }), "unknown_key", {"gain"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][0]["trainable"] = 1; }), "type", {"true or false"});
  check(refusal_of(resnet(1), [](Json& j) { j["parameters"][3].erase("trainable"); }), "trainable", {"running_mean"});
  check(refusal_of(mlp(),
                   [](Json& j) {
                     j["parameters"].push_back(
                         {{"name", "spare"}, {"shape", {1}}, {"role", "bias"}, {"init", {{"kind", "zeros"}}}});
                   }),
        "unused_parameter", {"spare", "$.parameters[6]"});
}

TEST_CASE("nodes and edges are checked") {
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][2]["op"] = "rleu"; }), "operator",
        {"$.nodes[2].op", "did you mean 'relu'"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][2]["name"] = "flat"; }), "duplicate_name", {"flat"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][0]["name"] = "image"; }), "duplicate_name", {"image"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][2]["inputs"] = {"layer9"}; }), "unknown_value",
        {"act0", "layer9", "did you mean 'layer"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][2]["inputs"] = Json::array(); }), "inputs",
        {"takes 1 inputs, found 0"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][0]["inputs"] = {"act1"}; }), "cycle",
        {"'flat' -> 'layer0' -> 'act0'"});
  check(refusal_of(mlp(),
                   [](Json& j) {
                     j["nodes"].push_back({{"name", "dead"}, {"op", "relu"}, {"inputs", {"act0"}}});
                   }),
        "unreachable", {"dead"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][1]["parameters"].erase("weight"); }), "slot",
        {"linear", "needs the parameter 'weight'"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][1]["parameters"]["scale"] = "layer0.bias"; }), "slot",
        {"weight, bias", "scale"});
  check(refusal_of(mlp(), [](Json& j) { j["nodes"][1]["parameters"]["bias"] = "layer0.bais"; }), "unknown_parameter",
        {"did you mean 'layer0.bias'"});
  check(refusal_of(cnn(), [](Json& j) { j["nodes"][0]["attributes"]["strides"] = 1; }), "attribute",
        {"did you mean 'stride'"});
  check(refusal_of(cnn(),
                   [](Json& j) {
                     j["nodes"][0]["attributes"]["stride"] = {0, 1};
                   }),
        "type", {"$.nodes[0].attributes.stride[0]", "found 0"});
  check(refusal_of(cnn(), [](Json& j) { j["nodes"][0]["attributes"]["stride"] = 1; }), "type", {"array"});
  check(refusal_of(cnn(), [](Json& j) { j["nodes"][0]["attributes"]["stride"] = {1}; }), "type", {"pair"});
  check(refusal_of(cnn(), [](Json& j) { j["nodes"][2]["attributes"].erase("kernel"); }), "attribute",
        {"needs the attribute 'kernel'"});
  check(refusal_of(resnet(1), [](Json& j) { j["nodes"][1]["attributes"]["eps"] = "small"; }), "type",
        {"finite number"});
}

TEST_CASE("every shape is inferred and compared") {
  check(refusal_of(mlp(),
                   [](Json& j) {
                     j["parameters"][0]["shape"] = {8, 15};
                   }),
        "shape",
        {"$.nodes[1] 'layer0'.parameters.weight", "expected 'layer0.weight' of shape [any, 16], found [8, 15]"});
  check(refusal_of(mlp(), [](Json& j) { j["parameters"][1]["shape"] = {7}; }), "shape", {"[8]", "[7]"});
  check(refusal_of(cnn(), [](Json& j) { j["nodes"][0]["attributes"]["groups"] = 3; }), "shape", {"groups"});
  check(refusal_of(cnn(), [](Json& j) { j["parameters"][1]["shape"] = {5, 4, 5, 5}; }), "shape", {"window of 5", "4"});
  check(refusal_of(cnn(),
                   [](Json& j) {
                     j["nodes"][2]["attributes"]["padding"] = {2, 0};
                   }),
        "shape", {"half the kernel"});
  check(refusal_of(cnn(), [](Json& j) { j["output"] = "flat"; }), "unreachable", {"head"});
  check(refusal_of(resnet(1),
                   [](Json& j) {
                     j["nodes"][8]["inputs"] = {"image", "stage0.block0.norm2"};
                   }),
        "shape", {"[3, 8, 8]", "[4, 8, 8]"});
  check(refusal_of(vit(),
                   [](Json& j) {
                     j["nodes"][1]["attributes"]["shape"] = {6, 5};
                   }),
        "shape", {"24 values", "[6, 5]"});
  check(refusal_of(vit(), [](Json& j) { j["nodes"][2]["attributes"]["order"] = {0, 0}; }), "attribute", {"every axis"});
  check(refusal_of(vit(), [](Json& j) { j["nodes"][9]["attributes"]["heads"] = 4; }), "shape", {"heads", "6", "4"});
  check(refusal_of(vit(), [](Json& j) { j["nodes"].at(j["nodes"].size() - 2)["attributes"]["index"] = 5; }),
        "attribute", {"below 5"});
  check(refusal_of(vit(), [](Json& j) { j["nodes"].at(j["nodes"].size() - 2)["attributes"]["axis"] = 2; }), "attribute",
        {"rank 2"});
}

TEST_CASE("the output is one vector of classes") {
  Net net("a.b", Json::object(), {2, 3});
  net.linear("head", "image", 3, 4);
  check(refusal(net.json.dump()), "output", {"[2, 4]"});
}

TEST_CASE("the cost of a network fits 64 bits") {
  Net net("a.b", Json::object(), {1 << 20, 1 << 20});
  auto x = net.node("first", "linear", {"image"},
                    {{"weight", net.parameter("first.weight", {1 << 20, 1 << 20}, "weight", "zeros")}});
  for (const auto* name : {"second", "third"})
    x = net.node(name, "attention", {x, x, x}, Json::object(), {{"heads", 1}});
  net.node("head", "select", {x}, Json::object(), {{"axis", 0}, {"index", 0}});
  check(refusal(net.json.dump()), "shape", {"64 bits", "third"});
}
