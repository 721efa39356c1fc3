// The network of docs/tutorial_plugin.md.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

void check(Config& config) {
  if (config.integer("size") % config.integer("patch"))
    throw ConfigError("patch", "does not divide 'size'", "use a divisor of 'size'");
}

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {4, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integer("patch", 7, {1, 64}, "height and width of a patch")
      .integer("width", 32, {1, 4096}, "width of a token")
      .integer("depth", 4, {1, 100}, "number of blocks")
      .keywords({"patch mixer"})
      .complete(check)
      .preset("small", {{"width", 16}, {"depth", 2}});
}

Value mlp(NetworkBuilder& net, const std::string& layer, const Value& x) {
  const auto width = x.shape.back();
  return net.linear(layer + ".output", net.gelu(net.linear(layer + ".hidden", x, {.out = 2 * width})), {.out = width});
}

Network describe(const Config& config) {
  const auto width = config.integer("width"), patch = config.integer("patch");
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  x = net.conv2d("patch", x, {.out = width, .kernel = patch, .stride = patch});
  x = net.reshape(x, {width, x.shape[1] * x.shape[2]});  // [width, tokens]
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    x = net.add(x, mlp(net, block + ".tokens", net.layer_norm(block + ".norm1", x)));
    x = net.permute(x, {1, 0});
    x = net.add(x, mlp(net, block + ".channels", net.layer_norm(block + ".norm2", x)));
    x = net.permute(x, {1, 0});
  }
  return net.classifier("head", net.flatten(x), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
