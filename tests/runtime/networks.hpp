#pragma once
// Small networks of every kind, written as descriptions.

#include <cstdint>
#include <string>
#include <vector>

#include "weightloom/network/description.hpp"

namespace weightloom::testing {

// Builds a description node by node; every call returns the name of the new value.
class DescriptionWriter {
 public:
  explicit DescriptionWriter(const std::string& architecture, const Shape& input) {
    json_ = {{"schema", "weightloom.network/1"},
             {"architecture", architecture},
             {"config", Json::object()},
             {"task", "classification"},
             {"input", {{"name", "image"}, {"shape", input}}},
             {"output", ""},
             {"parameters", Json::array()},
             {"nodes", Json::array()},
             {"dialects", Json::array()}};
  }

  std::string parameter(const std::string& name, const Shape& shape, const std::string& role, Json init,
                        bool trainable = true) {
    json_["parameters"].push_back(
        {{"name", name}, {"shape", shape}, {"role", role}, {"init", std::move(init)}, {"trainable", trainable}});
    return name;
  }

  std::string node(const std::string& name, const std::string& op, std::vector<std::string> inputs,
                   Json parameters = Json::object(), Json attributes = Json::object()) {
    json_["nodes"].push_back({{"name", name},
                              {"op", op},
                              {"inputs", inputs},
                              {"parameters", std::move(parameters)},
                              {"attributes", std::move(attributes)}});
    return name;
  }

  std::string conv(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out,
                   std::int64_t kernel, std::int64_t stride, std::int64_t padding, bool bias, std::int64_t groups = 1) {
    Json parameters{{"weight", parameter(name + ".weight", {out, in / groups, kernel, kernel}, "weight",
                                         {{"kind", "kaiming_normal"}, {"gain", 1.414}})}};
    if (bias) parameters["bias"] = parameter(name + ".bias", {out}, "bias", {{"kind", "zeros"}});
    return node(name, "conv2d", {x}, parameters,
                {{"stride", {stride, stride}}, {"padding", {padding, padding}}, {"groups", groups}});
  }

  std::string linear(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out,
                     bool bias = true) {
    Json parameters{
        {"weight", parameter(name + ".weight", {out, in}, "weight", {{"kind", "kaiming_uniform"}, {"gain", 1.0}})}};
    if (bias) parameters["bias"] = parameter(name + ".bias", {out}, "bias", {{"kind", "zeros"}});
    return node(name, "linear", {x}, parameters);
  }

  std::string batch_norm(const std::string& name, const std::string& x, std::int64_t channels) {
    return node(
        name, "batch_norm", {x},
        {{"scale", parameter(name + ".scale", {channels}, "scale", {{"kind", "ones"}})},
         {"shift", parameter(name + ".shift", {channels}, "shift", {{"kind", "zeros"}})},
         {"running_mean", parameter(name + ".running_mean", {channels}, "running_mean", {{"kind", "zeros"}}, false)},
         {"running_var", parameter(name + ".running_var", {channels}, "running_var", {{"kind", "ones"}}, false)}});
  }

  std::string layer_norm(const std::string& name, const std::string& x, std::int64_t width) {
    return node(name, "layer_norm", {x},
                {{"scale", parameter(name + ".scale", {width}, "scale", {{"kind", "ones"}})},
                 {"shift", parameter(name + ".shift", {width}, "shift", {{"kind", "zeros"}})}});
  }

  NetworkDescription finish(const std::string& output) {
    json_["output"] = output;
    return parse_description(json_.dump());
  }

 private:
  Json json_;
};

inline NetworkDescription small_mlp(std::int64_t size = 6, std::int64_t classes = 3, std::int64_t width = 16) {
  DescriptionWriter net("test.mlp", {1, size, size});
  auto x = net.node("flat", "flatten", {"image"});
  x = net.node("act0", "relu", {net.linear("block0.fc", x, size * size, width)});
  x = net.node("act1", "relu", {net.linear("block1.fc", x, width, width)});
  return net.finish(net.linear("head", x, width, classes));
}

inline NetworkDescription small_cnn(std::int64_t size = 8, std::int64_t classes = 3, std::int64_t width = 6) {
  DescriptionWriter net("test.cnn", {1, size, size});
  auto x = net.node("act0", "relu", {net.conv("conv0", "image", 1, width, 3, 1, 1, true)});
  x = net.node("pool0", "max_pool", {x}, Json::object(), {{"kernel", {2, 2}}});
  x = net.node("act1", "relu", {net.conv("conv1", x, width, width, 3, 1, 1, true)});
  x = net.node("flat", "flatten", {x});
  return net.finish(net.linear("head", x, width * (size / 2) * (size / 2), classes));
}

inline NetworkDescription small_resnet(std::int64_t size = 8, std::int64_t classes = 3, std::int64_t width = 8) {
  DescriptionWriter net("test.resnet", {1, size, size});
  auto x = net.node("stem.act", "relu",
                    {net.batch_norm("stem.norm", net.conv("stem.conv", "image", 1, width, 3, 1, 1, false), width)});
  std::int64_t in = width;
  for (int stage = 0; stage < 2; ++stage) {
    const auto out = width * (stage + 1);
    for (int block = 0; block < 2; ++block) {
      const std::string at = "stage" + std::to_string(stage) + ".block" + std::to_string(block) + ".";
      const auto stride = stage > 0 && block == 0 ? 2 : 1;
      auto y = net.batch_norm(at + "norm1", net.conv(at + "conv1", x, in, out, 3, stride, 1, false), out);
      y = net.batch_norm(at + "norm2",
                         net.conv(at + "conv2", net.node(at + "act1", "relu", {y}), out, out, 3, 1, 1, false), out);
      if (in != out)
        x = net.batch_norm(at + "shortcut.norm", net.conv(at + "shortcut", x, in, out, 1, stride, 0, false), out);
      x = net.node(at + "act2", "relu", {net.node(at + "sum", "add", {y, x})});
      in = out;
    }
  }
  return net.finish(net.linear("head", net.node("pool", "global_avg_pool", {x}), in, classes));
}

inline NetworkDescription small_vit(std::int64_t size = 8, std::int64_t classes = 3, std::int64_t width = 12,
                                    std::int64_t heads = 3) {
  DescriptionWriter net("test.vit", {1, size, size});
  const auto side = size / 4, tokens = side * side;
  auto x = net.conv("patch", "image", 1, width, 4, 4, 0, true);
  x = net.node("tokens", "reshape", {x}, Json::object(), {{"shape", {width, tokens}}});
  x = net.node("sequence", "permute", {x}, Json::object(), {{"order", {1, 0}}});
  x = net.node("classed", "prepend_token", {x},
               {{"token", net.parameter("class_token", {width}, "class_token", {{"kind", "normal"}, {"std", 0.02}})}});
  x = net.node(
      "placed", "add_position", {x},
      {{"position", net.parameter("position", {tokens + 1, width}, "position", {{"kind", "normal"}, {"std", 0.02}})}});
  for (int block = 0; block < 2; ++block) {
    const std::string at = "block" + std::to_string(block) + ".";
    auto y = net.layer_norm(at + "norm1", x, width);
    const auto q = net.linear(at + "query", y, width, width), k = net.linear(at + "key", y, width, width),
               v = net.linear(at + "value", y, width, width);
    y = net.node(at + "attention", "attention", {q, k, v}, Json::object(), {{"heads", heads}});
    x = net.node(at + "sum1", "add", {x, net.linear(at + "projection", y, width, width)});
    y = net.layer_norm(at + "norm2", x, width);
    y = net.node(at + "act", "gelu", {net.linear(at + "fc1", y, width, 2 * width)});
    x = net.node(at + "sum2", "add", {x, net.linear(at + "fc2", y, 2 * width, width)});
  }
  x = net.layer_norm("norm", x, width);
  x = net.node("first", "select", {x}, Json::object(), {{"axis", 0}, {"index", 0}});
  return net.finish(net.linear("head", x, width, classes));
}

}  // namespace weightloom::testing
