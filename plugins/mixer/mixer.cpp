// MLP-Mixer (Tolstikhin et al. 2021): perceptrons across patches and across channels, in turn.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr Norm kNorm{.eps = 1e-6};

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integer("patch", 4, {1, 256}, "height and width of a patch")
                  .integer("width", 64, {1, 16384}, "width of a token")
                  .integer("depth", 4, {1, 1000}, "number of blocks")
                  .integer("token_hidden", 32, {1, 65536}, "hidden width across tokens")
                  .integer("channel_hidden", 256, {1, 65536}, "hidden width across channels")
                  .keywords({"mlp-mixer"})
                  .complete([](Config& config) { expect_divisor(config, "patch", "size"); });
  struct Size {
    const char* name;
    int patch, width, depth;
  };
  for (const auto& size : {Size{"s32", 32, 512, 8},
                           {"s16", 16, 512, 8},
                           {"b32", 32, 768, 12},
                           {"b16", 16, 768, 12},
                           {"l16", 16, 1024, 24}})
    keys.preset(size.name, {{"size", 224},
                            {"classes", 1000},
                            {"patch", size.patch},
                            {"width", size.width},
                            {"depth", size.depth},
                            {"token_hidden", size.width / 2},
                            {"channel_hidden", 4 * size.width}});
  return keys;
}

Dialect timm(const Config& config) {
  Dialect names("timm");
  names.layer("stem.proj", "patch");
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto ours = name("block", k), theirs = name("blocks.", k);
    names.layer_norm(theirs + ".norm1", ours + ".norm1")
        .layer(theirs + ".mlp_tokens.fc1", ours + ".tokens.hidden")
        .layer(theirs + ".mlp_tokens.fc2", ours + ".tokens.output")
        .layer_norm(theirs + ".norm2", ours + ".norm2")
        .layer(theirs + ".mlp_channels.fc1", ours + ".channels.hidden")
        .layer(theirs + ".mlp_channels.fc2", ours + ".channels.output");
  }
  return names.layer_norm("norm", "norm").layer("head", "head");
}

Network describe(const Config& config) {
  const auto patch = config.integer("patch"), width = config.integer("width");
  NetworkBuilder net;
  auto x = net.conv2d("patch", input_image(net, config), {.out = width, .kernel = patch, .stride = patch});
  x = net.permute(net.reshape(x, {width, x.shape[1] * x.shape[2]}), {1, 0});  // [tokens, width]
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    const auto across = net.permute(net.layer_norm(block + ".norm1", x, kNorm), {1, 0});
    x = net.add(x, net.permute(perceptron(net, block + ".tokens", across, config.integer("token_hidden")), {1, 0}));
    const auto normed = net.layer_norm(block + ".norm2", x, kNorm);
    x = net.add(x, perceptron(net, block + ".channels", normed, config.integer("channel_hidden")));
  }
  return net.classifier("head", net.mean(net.layer_norm("norm", x, kNorm), 0), config.integer("classes"))
      .dialect(timm(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
