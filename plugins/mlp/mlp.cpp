// Multi-layer perceptron: flatten, hidden layers with a rectifier, a linear head.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

// `hidden`, when it has elements, is the list of widths; the canonical form states a uniform list as depth and width.
void settle_hidden_layers(Config& config) {
  const auto hidden = config.integers("hidden");
  if (hidden.empty()) return;
  const auto depth = static_cast<std::int64_t>(hidden.size());
  if (config.given("depth") && config.integer("depth") != depth)
    throw ConfigError("depth", "contradicts the " + std::to_string(depth) + " widths in 'hidden'",
                      "give one of the two");
  const auto widest = *std::max_element(hidden.begin(), hidden.end());
  const bool uniform = *std::min_element(hidden.begin(), hidden.end()) == widest;
  config.set("depth", depth);
  config.set("width", widest);
  if (uniform) config.set("hidden", Json::Array{});
}

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {1, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integer("depth", 2, {0, 1000}, "number of hidden layers")
      .integer("width", 32, {1, 65536}, "width of every hidden layer")
      .integers("hidden", {}, {1, 65536}, "width of each hidden layer; empty: `depth` layers of `width`")
      .complete(settle_hidden_layers)
      .preset("linear", {{"depth", 0}})
      .preset("small", {{"depth", 2}, {"width", 32}})
      .preset("large", {{"depth", 3}, {"width", 512}});
}

std::vector<std::int64_t> widths(const Config& config) {
  const auto hidden = config.integers("hidden");
  if (!hidden.empty()) return hidden;
  return std::vector<std::int64_t>(static_cast<std::size_t>(config.integer("depth")), config.integer("width"));
}

Network describe(const Config& config) {
  NetworkBuilder net;
  const auto size = config.integer("size");
  auto x = net.flatten(net.image(config.integer("channels"), size, size));
  int k = 0;
  for (const auto width : widths(config))
    x = net.relu(
        net.linear(name("block", k++, ".linear"), x, {.out = width, .init = Init::kaiming_uniform(kReluGain)}));
  return net.classifier("head", x, config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
