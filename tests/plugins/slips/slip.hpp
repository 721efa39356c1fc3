#pragma once
// A network as an author would write it, for plugins that do one thing wrong.

#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

[[maybe_unused]] ConfigSchema usual_schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 32}, "channels of the input image")
      .integer("size", 12, {4, 512}, "height and width of the input image")
      .integer("classes", 10, {1, 10000}, "number of classes")
      .integer("width", 6, {1, 256}, "channels of every block")
      .integer("depth", 2, {1, 60}, "number of blocks")
      .choice("activation", "relu", {"relu", "gelu"}, "after each convolution")
      .preset("wide", {{"width", 12}});
}

[[maybe_unused]] Network usual_network(const Config& config, std::int64_t width) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    x = net.conv2d(name("block", k, ".conv"), x, {.out = width, .kernel = 3, .padding = 1});
    x = config.text("activation") == "relu" ? net.relu(x) : net.gelu(x);
  }
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes"));
}

[[maybe_unused]] Network usual_network(const Config& config) {
  return usual_network(config, config.integer("width"));
}

[[maybe_unused]] Dialect usual_dialect(const Config& config, const std::string& dialect) {
  Dialect names(dialect);
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    names.layer(name("features.", 2 * k), name("block", k, ".conv"));
  return names.layer("classifier", "head");
}

}  // namespace
