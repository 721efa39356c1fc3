// Plain stages: 3 x 3 convolutions of one width each, and a pooling after every stage while the image is large enough.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {4, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integers("width", {8, 16, 32}, {1, 1024}, "channels of each stage")
      .integer("depth", 2, {1, 16}, "convolutions of a stage");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  const auto widths = config.integers("width");
  for (std::size_t s = 0; s < widths.size(); ++s) {
    for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
      const auto block = name("stage", s, ".block", k);
      x = net.conv2d(block + ".conv", x, {.out = widths[s], .kernel = 3, .padding = 1, .bias = false});
      x = net.relu(net.batch_norm(block + ".norm", x));
    }
    if (x.shape[1] >= 4) x = net.max_pool(x, {.kernel = 2});
  }
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
