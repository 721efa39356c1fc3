// A small network of the mobile kind: a convolution that halves the image, then residual blocks of three convolutions,
// of which the middle one filters every channel by itself.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {4, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integer("width", 16, {1, 1024}, "channels between blocks")
      .integer("expansion", 4, {1, 16}, "channels inside of a block, in multiples of 'width'")
      .integer("depth", 3, {1, 64}, "number of blocks");
}

Value convolution(NetworkBuilder& net, const std::string& layer, const Value& x, Conv2d options) {
  options.bias = false;
  return net.batch_norm(layer + ".norm", net.conv2d(layer + ".conv", x, options));
}

Network describe(const Config& config) {
  const auto width = config.integer("width"), inner = config.integer("expansion") * width;
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  x = net.relu(convolution(net, "stem", x, {.out = width, .kernel = 3, .stride = 2, .padding = 1}));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    auto y = net.relu(convolution(net, block + ".expand", x, {.out = inner, .kernel = 1}));
    y = net.relu(convolution(net, block + ".filter", y, {.out = inner, .kernel = 3, .padding = 1, .groups = inner}));
    x = net.add(x, convolution(net, block + ".project", y, {.out = width, .kernel = 1}));
  }
  return net.classifier("head", net.global_avg_pool(net.relu(x)), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
