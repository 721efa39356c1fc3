// ConvNeXt (Liu et al. 2022): a depthwise convolution, a perceptron over the channels of each pixel and a learnt scale,
// around which the input goes.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr Norm kNorm{.eps = 1e-6};

void check(Config& config) {
  settle_lists(config, {"depth", "width"});
  if (config.integer("kernel") % 2 == 0)
    throw ConfigError("kernel", "is even, which has no centre", "use an odd number");
}

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integers("depth", {2, 2, 2}, {1, 100}, "blocks of each stage")
                  .integers("width", {32, 64, 128}, {1, 8192}, "channels of each stage")
                  .integer("patch", 2, {1, 64}, "height and width of a patch: the stem's kernel and stride")
                  .integer("kernel", 7, {1, 63}, "height and width of the depthwise convolutions")
                  .integer("mlp_ratio", 4, {1, 64}, "width of a block's hidden layer over that of its stage")
                  .number("layer_scale", 1e-6, {0, 1}, "what a block's learnt scale is at first")
                  .number("stochastic_depth", 0, {0, 1}, "rate at which the last block is left out while training")
                  .complete(check);
  struct Size {
    const char* name;
    Json::Array depth, width;
    double stochastic_depth;
  };
  for (const auto& size : {Size{"tiny", {3, 3, 9, 3}, {96, 192, 384, 768}, 0.1},
                           {"small", {3, 3, 27, 3}, {96, 192, 384, 768}, 0.4},
                           {"base", {3, 3, 27, 3}, {128, 256, 512, 1024}, 0.5},
                           {"large", {3, 3, 27, 3}, {192, 384, 768, 1536}, 0.5}})
    keys.preset(size.name, {{"size", 224},
                            {"classes", 1000},
                            {"depth", size.depth},
                            {"width", size.width},
                            {"patch", 4},
                            {"kernel", 7},
                            {"mlp_ratio", 4},
                            {"stochastic_depth", size.stochastic_depth}});
  return keys;
}

const Init kInit = Init::truncated_normal(0.02);

// Over the channels of each pixel.
Value pixel_norm(NetworkBuilder& net, const std::string& layer, const Value& x) {
  return net.permute(net.layer_norm(layer, net.permute(x, {1, 2, 0}), kNorm), {2, 0, 1});
}

Value block(NetworkBuilder& net, const Config& config, const std::string& layer, const Value& x, double dropped) {
  const auto width = x.shape[0], kernel = config.integer("kernel");
  auto y = net.conv2d(layer + ".conv", x,
                      {.out = width, .kernel = kernel, .padding = kernel / 2, .groups = width, .init = kInit});
  y = net.layer_norm(layer + ".norm", net.permute(y, {1, 2, 0}), kNorm);
  y = perceptron(net, layer, y, config.integer("mlp_ratio") * width, &NetworkBuilder::gelu, kInit);
  y = net.affine(layer + ".layer_scale", net.permute(y, {2, 0, 1}), 0,
                 {.shift = false, .scale = config.number("layer_scale")});
  return net.add(x, dropped > 0 ? net.stochastic_depth(y, dropped) : y);
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  names.layer("features.0.0", "stem.conv").layer_norm("features.0.1", "stem.norm");
  const auto depths = config.integers("depth");
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    const auto ours = name("stage", stage);
    if (stage > 0)
      names.layer_norm(name("features.", 2 * stage, ".0"), ours + ".down.norm")
          .layer(name("features.", 2 * stage, ".1"), ours + ".down.conv");
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto block = name(ours, ".block", k), theirs = name("features.", 2 * stage + 1, ".", k);
      names.layer(theirs + ".block.0", block + ".conv")
          .layer_norm(theirs + ".block.2", block + ".norm")
          .layer(theirs + ".block.3", block + ".hidden")
          .layer(theirs + ".block.5", block + ".output")
          .tensor(theirs + ".layer_scale", block + ".layer_scale.scale",
                  {Transform::squeeze(2), Transform::squeeze(1)});
    }
  }
  return names.layer_norm("classifier.0", "norm").layer("classifier.2", "head");
}

Dialect timm(const Config& config) {
  Dialect names("timm");
  names.layer("stem.0", "stem.conv").layer_norm("stem.1", "stem.norm");
  const auto depths = config.integers("depth");
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    const auto ours = name("stage", stage), theirs = name("stages.", stage);
    if (stage > 0)
      names.layer_norm(theirs + ".downsample.0", ours + ".down.norm")
          .layer(theirs + ".downsample.1", ours + ".down.conv");
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto block = name(ours, ".block", k), their_block = name(theirs, ".blocks.", k);
      names.layer(their_block + ".conv_dw", block + ".conv")
          .layer_norm(their_block + ".norm", block + ".norm")
          .layer(their_block + ".mlp.fc1", block + ".hidden")
          .layer(their_block + ".mlp.fc2", block + ".output")
          .tensor(their_block + ".gamma", block + ".layer_scale.scale");
    }
  }
  return names.layer_norm("head.norm", "norm").layer("head.fc", "head");
}

Network describe(const Config& config) {
  const auto depths = config.integers("depth"), widths = config.integers("width");
  const auto patch = config.integer("patch");
  const auto blocks = std::accumulate(depths.begin(), depths.end(), std::int64_t{0});
  NetworkBuilder net;
  auto x = input_image(net, config);
  x = net.conv2d("stem.conv", x, {.out = widths[0], .kernel = patch, .stride = patch, .init = kInit});
  x = pixel_norm(net, "stem.norm", x);
  std::int64_t done = 0;
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    const auto name_of_stage = name("stage", stage);
    if (stage > 0) {
      x = pixel_norm(net, name_of_stage + ".down.norm", x);
      x = net.conv2d(name_of_stage + ".down.conv", x, {.out = widths[stage], .kernel = 2, .stride = 2, .init = kInit});
    }
    for (std::int64_t k = 0; k < depths[stage]; ++k, ++done) {
      const auto share = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(blocks - 1, 1));
      x = block(net, config, name(name_of_stage, ".block", k), x, config.number("stochastic_depth") * share);
    }
  }
  x = net.layer_norm("norm", net.global_avg_pool(x), kNorm);
  return net.classifier("head", x, config.integer("classes"), kInit).dialect(torchvision(config)).dialect(timm(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
