// Densely connected networks (Huang et al. 2017), with bottlenecks and compression: every layer sees the maps of all
// layers of its stage.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integers("depth", {4, 4, 4}, {1, 200}, "layers of each stage")
                  .integer("growth", 12, {1, 1024}, "channels that each layer adds")
                  .integer("width", 24, {2, 8192}, "channels of the stem")
                  .integer("bottleneck", 4, {1, 64}, "channels between the convolutions of a layer over 'growth'")
                  .choice("stem", "small", {"small", "imagenet"}, "3 x 3, or 7 x 7 with a stride and a pooling")
                  .keywords({"densely connected convolutions"})
                  .complete([](Config& config) { settle_lists(config, {"depth"}); });
  struct Size {
    int layers, growth, width;
    Json::Array depth;
  };
  for (const auto& size : {Size{121, 32, 64, {6, 12, 24, 16}},
                           {161, 48, 96, {6, 12, 36, 24}},
                           {169, 32, 64, {6, 12, 32, 32}},
                           {201, 32, 64, {6, 12, 48, 32}}})
    keys.preset(name("densenet", size.layers), {{"size", 224},
                                                {"classes", 1000},
                                                {"depth", size.depth},
                                                {"growth", size.growth},
                                                {"width", size.width},
                                                {"bottleneck", 4},
                                                {"stem", "imagenet"}});
  return keys;
}

Value norm_relu_conv(NetworkBuilder& net, const std::string& layer, const std::string& index, const Value& x,
                     Conv2d options) {
  options.bias = false;
  return net.conv2d(layer + ".conv" + index, net.relu(net.batch_norm(layer + ".norm" + index, x)), options);
}

Value stem(NetworkBuilder& net, const Config& config, const Value& image) {
  const auto width = config.integer("width");
  if (config.text("stem") == "small")
    return net.relu(conv_norm(net, "stem", image, {.out = width, .kernel = 3, .padding = 1}));
  const auto x = net.relu(conv_norm(net, "stem", image, {.out = width, .kernel = 7, .stride = 2, .padding = 3}));
  return net.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
}

// Half of the channels, and half of the map while there is more than one pixel.
Value transition(NetworkBuilder& net, const std::string& layer, const Value& x) {
  if (x.shape[0] < 2) throw ConfigError("width", "leaves no channels to halve", "use a larger 'width' or 'growth'");
  const auto y = norm_relu_conv(net, layer, "", x, {.out = x.shape[0] / 2});
  return std::min(y.shape[1], y.shape[2]) > 1 ? net.avg_pool(y, {.kernel = 2}) : y;
}

// `separator`: the published files say "norm.1" where the modules are called "norm1".
Dialect torchvision(const std::string& dialect, const std::string& separator, const Config& config) {
  Dialect names(dialect);
  conv_norm(names, "features.conv0", "features.norm0", "stem");
  const auto depths = config.integers("depth");
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    for (std::int64_t k = 0; k < depths[stage]; ++k)
      for (int i = 1; i <= 2; ++i) {
        const auto theirs = name("features.denseblock", stage + 1, ".denselayer", k + 1, "."),
                   ours = name("stage", stage, ".block", k, ".");
        names.batch_norm(name(theirs, "norm", separator, i), name(ours, "norm", i))
            .layer(name(theirs, "conv", separator, i), name(ours, "conv", i), false);
      }
    if (stage + 1 == depths.size()) break;
    const auto theirs = name("features.transition", stage + 1), ours = name("stage", stage, ".transition");
    conv_norm(names, theirs + ".conv", theirs + ".norm", ours);
  }
  return names.batch_norm("features.norm5", "norm").layer("classifier", "head");
}

Network describe(const Config& config) {
  const auto depths = config.integers("depth");
  const auto growth = config.integer("growth"), inner = growth * config.integer("bottleneck");
  NetworkBuilder net;
  auto x = stem(net, config, input_image(net, config));
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto block = name("stage", stage, ".block", k);
      const auto y = norm_relu_conv(net, block, "1", x, {.out = inner});
      x = net.concat({x, norm_relu_conv(net, block, "2", y, {.out = growth, .kernel = 3, .padding = 1})}, 0);
    }
    if (stage + 1 < depths.size()) x = transition(net, name("stage", stage, ".transition"), x);
  }
  x = net.global_avg_pool(net.relu(net.batch_norm("norm", x)));
  return net.classifier("head", x, config.integer("classes"))
      .dialect(torchvision("torchvision", "", config))
      .dialect(torchvision("torchvision_file", ".", config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
