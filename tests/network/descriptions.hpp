#pragma once
// Descriptions of small networks, written out as a plugin would.

#include <algorithm>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom::testing {

inline Json init(const std::string& kind) {
  return kind == "kaiming_uniform" ? Json{{"kind", kind}, {"gain", 1.0}} : Json{{"kind", kind}};
}

// Collects parameters and nodes of one description.
struct Net {
  Json json;

  Net(const std::string& architecture, Json config, Shape input) {
    json = {{"schema", "weightloom.network/1"},
            {"architecture", architecture},
            {"config", std::move(config)},
            {"task", "classification"},
            {"input", {{"name", "image"}, {"shape", input}}},
            {"output", "head"},
            {"parameters", Json::array()},
            {"nodes", Json::array()},
            {"dialects", Json::array()}};
  }

  std::string parameter(const std::string& name, Shape shape, const std::string& role, const std::string& kind,
                        bool trainable = true) {
    Json entry = {{"name", name}, {"shape", shape}, {"role", role}, {"init", init(kind)}};
    if (!trainable) entry["trainable"] = false;
    json["parameters"].push_back(entry);
    return name;
  }

  std::string node(const std::string& name, const std::string& op, std::vector<std::string> inputs,
                   Json slots = Json::object(), Json attributes = Json::object()) {
    json["nodes"].push_back(
        {{"name", name}, {"op", op}, {"inputs", inputs}, {"parameters", slots}, {"attributes", attributes}});
    return name;
  }

  std::string linear(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out) {
    return node(name, "linear", {x},
                {{"weight", parameter(name + ".weight", {out, in}, "weight", "kaiming_uniform")},
                 {"bias", parameter(name + ".bias", {out}, "bias", "zeros")}});
  }

  std::string conv(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out,
                   std::int64_t kernel, std::int64_t stride = 1, std::int64_t padding = 0) {
    return node(name, "conv2d", {x},
                {{"weight", parameter(name + ".weight", {out, in, kernel, kernel}, "weight", "kaiming_uniform")}},
                {{"stride", {stride, stride}}, {"padding", {padding, padding}}});
  }

  std::string batch_norm(const std::string& name, const std::string& x, std::int64_t width) {
    return node(name, "batch_norm", {x},
                {{"scale", parameter(name + ".scale", {width}, "scale", "ones")},
                 {"shift", parameter(name + ".shift", {width}, "shift", "zeros")},
                 {"running_mean", parameter(name + ".running_mean", {width}, "running_mean", "zeros", false)},
                 {"running_var", parameter(name + ".running_var", {width}, "running_var", "ones", false)}});
  }

  std::string layer_norm(const std::string& name, const std::string& x, std::int64_t width) {
    return node(name, "layer_norm", {x},
                {{"scale", parameter(name + ".scale", {width}, "scale", "ones")},
                 {"shift", parameter(name + ".shift", {width}, "shift", "zeros")}});
  }

  NetworkDescription parse() const { return parse_description(json.dump()); }
};

// 1x4x4 image -> 16 -> 8 -> relu -> 6 -> relu -> 3
inline Net mlp() {
  Net net("org.weightloom.mlp", {{"hidden", {8, 6}}}, {1, 4, 4});
  auto x = net.node("flat", "flatten", {"image"});
  x = net.node("act0", "relu", {net.linear("layer0", x, 16, 8)});
  x = net.node("act1", "relu", {net.linear("layer1", x, 8, 6)});
  net.linear("head", x, 6, 3);
  return net;
}

// 1x8x8 -> conv 4 -> relu -> pool 2 -> conv 5 -> relu -> flatten 5*2*2 -> 3
inline Net cnn() {
  Net net("org.weightloom.cnn", {{"width", 4}}, {1, 8, 8});
  auto x = net.node("act0", "relu", {net.conv("conv0", "image", 1, 4, 3, 1, 1)});
  x = net.node("pool0", "max_pool", {x}, Json::object(), {{"kernel", {2, 2}}});
  x = net.node("act1", "relu", {net.conv("conv1", x, 4, 5, 3, 1)});
  x = net.node("flat", "flatten", {x});
  net.linear("head", x, 20, 3);
  return net;
}

// 3x8x8 -> stem 4 -> `blocks` basic blocks of width 4 -> global average -> 3
inline Net resnet(int blocks) {
  Net net("org.weightloom.resnet", {{"blocks", blocks}}, {3, 8, 8});
  auto x = net.conv("stem.conv", "image", 3, 4, 3, 1, 1);
  x = net.node("stem.act", "relu", {net.batch_norm("stem.norm", x, 4)});
  for (int b = 0; b < blocks; ++b) {
    const auto base = "stage0.block" + std::to_string(b) + ".";
    auto y = net.batch_norm(base + "norm1", net.conv(base + "conv1", x, 4, 4, 3, 1, 1), 4);
    y = net.node(base + "act1", "relu", {y});
    y = net.batch_norm(base + "norm2", net.conv(base + "conv2", y, 4, 4, 3, 1, 1), 4);
    x = net.node(base + "act2", "relu", {net.node(base + "sum", "add", {x, y})});
  }
  x = net.node("pooled", "global_avg_pool", {x});
  net.linear("head", x, 4, 3);
  return net;
}

// 1x8x8 in patches of 4 -> 4 tokens of width 6, a class token, one block with 2 heads -> 3
inline Net vit() {
  Net net("org.weightloom.vit", {{"depth", 1}}, {1, 8, 8});
  auto x = net.conv("patch", "image", 1, 6, 4, 4);
  x = net.node("rows", "reshape", {x}, Json::object(), {{"shape", {6, 4}}});
  x = net.node("tokens", "permute", {x}, Json::object(), {{"order", {1, 0}}});
  x = net.node("with_class", "prepend_token", {x},
               {{"token", net.parameter("class_token", {6}, "class_token", "zeros")}});
  x = net.node("placed", "add_position", {x}, {{"position", net.parameter("position", {5, 6}, "position", "zeros")}});
  const auto n = net.layer_norm("block0.norm1", x, 6);
  const auto q = net.linear("block0.query", n, 6, 6), k = net.linear("block0.key", n, 6, 6),
             v = net.linear("block0.value", n, 6, 6);
  const auto a = net.node("block0.attention", "attention", {q, k, v}, Json::object(), {{"heads", 2}});
  x = net.node("block0.sum1", "add", {x, net.linear("block0.out", a, 6, 6)});
  const auto m = net.layer_norm("block0.norm2", x, 6);
  const auto h = net.node("block0.act", "gelu", {net.linear("block0.up", m, 6, 12)});
  x = net.node("block0.sum2", "add", {x, net.linear("block0.down", h, 12, 6)});
  x = net.layer_norm("norm", x, 6);
  x = net.node("class", "select", {x}, Json::object(), {{"axis", 0}, {"index", 0}});
  net.linear("head", x, 6, 3);
  return net;
}

// A rule that renames every parameter of `net` whose name does not begin with one of `except`.
inline Json renames(const Net& net, const std::string& prefix, std::vector<std::string> except = {}) {
  Json rules = Json::array();
  for (const auto& parameter : net.json["parameters"]) {
    const auto name = parameter["name"].get<std::string>();
    if (std::none_of(except.begin(), except.end(), [&](const auto& e) { return name.starts_with(e); }))
      rules.push_back({{"foreign", prefix + name}, {"canonical", name}});
  }
  return rules;
}

inline Net with_dialect(Net net, const std::string& name, Json rules) {
  net.json["dialects"].push_back({{"name", name}, {"rules", std::move(rules)}});
  return net;
}

// The multilayer perceptron in an [in, out] layout, biases with a leading axis.
inline Net keras_mlp() {
  Json rules = Json::array();
  for (const auto* layer : {"layer0", "layer1", "head"}) {
    const std::string base = layer;
    rules.push_back(
        {{"foreign", base + "/kernel"}, {"canonical", base + ".weight"}, {"transform", {{{"transpose", {1, 0}}}}}});
    rules.push_back({{"foreign", base + "/bias"}, {"canonical", base + ".bias"}, {"transform", {{{"squeeze", 0}}}}});
  }
  rules.push_back({{"foreign", "step"}, {"ignore", true}});
  return with_dialect(mlp(), "keras", rules);
}

// Query, key and value in one tensor; the patch weight flattened; the class token with two more axes; up in two halves.
inline Net timm_vit() {
  const auto net = vit();
  auto rules =
      renames(net, "", {"block0.query", "block0.key", "block0.value", "patch", "class_token", "block0.up.weight"});
  for (const std::string part : {"weight", "bias"})
    rules.push_back({{"foreign", "qkv." + part},
                     {"canonical", {"block0.query." + part, "block0.key." + part, "block0.value." + part}},
                     {"split", 0}});
  rules.push_back(
      {{"foreign", "patch"},
       {"canonical", "patch.weight"},
       {"transform", {{{"reshape", {{"from", {4, 4, 6}}, {"to", {1, 4, 4, 6}}}}}, {{"transpose", {3, 0, 1, 2}}}}}});
  rules.push_back(
      {{"foreign", "cls"}, {"canonical", "class_token"}, {"transform", {{{"squeeze", 0}}, {{"squeeze", 0}}}}});
  rules.push_back({{"foreign", {"up.a", "up.b"}}, {"canonical", "block0.up.weight"}, {"concat", 1}, {"sizes", {2, 4}}});
  return with_dialect(net, "timm", rules);
}

}  // namespace weightloom::testing
