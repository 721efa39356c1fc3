// @name@: replace this small convolutional network by your own.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {4, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integer("depth", 3, {1, 100}, "number of convolutional blocks")
      .integer("width", 16, {1, 4096}, "channels of every block")
      .preset("wide", {{"width", 64}});
}

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    x = net.conv2d(block + ".conv", x, {.out = config.integer("width"), .kernel = 3, .padding = 1, .bias = false});
    x = net.relu(net.batch_norm(block + ".norm", x));
  }
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
