// Residual networks (He et al. 2016). style = cifar: 6n+2 layers of basic blocks in three stages, as published for
// small images; style = imagenet: 18 and 34 layers of basic, 50, 101 and 152 layers of bottleneck blocks in four
// stages.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

using Blocks = std::vector<std::int64_t>;  // per stage

bool cifar_style(const Config& config) {
  return config.text("style") == "cifar";
}
bool bottleneck(const Config& config) {
  return !cifar_style(config) && config.integer("depth") >= 50;
}

Blocks blocks(const Config& config) {
  const auto depth = config.integer("depth");
  if (cifar_style(config)) {
    if (depth < 8 || depth % 6 != 2)
      throw ConfigError("depth", std::to_string(depth) + " is not 6n+2", "use 8, 14, 20, 26, 32, ...");
    return Blocks(3, (depth - 2) / 6);
  }
  switch (depth) {
    case 18:
      return {2, 2, 2, 2};
    case 34:
      return {3, 4, 6, 3};
    case 50:
      return {3, 4, 6, 3};
    case 101:
      return {3, 4, 23, 3};
    case 152:
      return {3, 8, 36, 3};
  }
  throw ConfigError("depth", std::to_string(depth) + " has no imagenet form", "use 18, 34, 50, 101 or 152");
}

void check(Config& config) {
  const auto stages = blocks(config).size();
  if (config.integers("width").size() != stages)
    throw ConfigError("width", "needs one number per stage", "give " + std::to_string(stages) + " numbers");
}

ConfigSchema schema() {
  ConfigSchema keys;
  keys.integer("channels", 3, {1, 64}, "channels of the input image")
      .integer("size", 32, {1, 4096}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .choice("style", "cifar", {"cifar", "imagenet"}, "three stages for small images, or four with a strided stem")
      .integer("depth", 20, {8, 3002}, "weighted layers: 6n+2 for cifar; 18, 34, 50, 101 or 152 for imagenet")
      .integers("width", {16, 32, 64}, {1, 8192}, "channels of each stage (of its inner convolutions in bottlenecks)")
      .defaults_when("style", "imagenet", {{"depth", 18}, {"width", Json::Array{64, 128, 256, 512}}})
      .complete(check);
  for (const int depth : {8, 14, 20, 32, 44, 56, 110})
    keys.preset(name("cifar-", depth), {{"style", "cifar"}, {"depth", depth}});
  for (const int depth : {18, 34, 50, 101, 152})
    keys.preset(name("imagenet-", depth), {{"style", "imagenet"}, {"depth", depth}, {"size", 224}, {"classes", 1000}});
  return keys;
}

Value conv_norm(NetworkBuilder& net, const std::string& block, const std::string& index, const Value& x,
                Conv2d options) {
  options.bias = false;
  return net.batch_norm(block + ".norm" + index, net.conv2d(block + ".conv" + index, x, options));
}

// The skipped path: a 1x1 convolution wherever the block changes the shape.
Value shortcut(NetworkBuilder& net, const std::string& block, const Value& x, std::int64_t out, std::int64_t stride) {
  if (stride == 1 && x.shape[0] == out) return x;
  return conv_norm(net, block + ".shortcut", "", x, {.out = out, .stride = stride});
}

Value basic_block(NetworkBuilder& net, const std::string& block, const Value& x, std::int64_t width,
                  std::int64_t stride) {
  auto y = net.relu(conv_norm(net, block, "1", x, {.out = width, .kernel = 3, .stride = stride, .padding = 1}));
  y = conv_norm(net, block, "2", y, {.out = width, .kernel = 3, .padding = 1});
  return net.relu(net.add(y, shortcut(net, block, x, width, stride)));
}

Value bottleneck_block(NetworkBuilder& net, const std::string& block, const Value& x, std::int64_t width,
                       std::int64_t stride) {
  auto y = net.relu(conv_norm(net, block, "1", x, {.out = width}));
  y = net.relu(conv_norm(net, block, "2", y, {.out = width, .kernel = 3, .stride = stride, .padding = 1}));
  y = conv_norm(net, block, "3", y, {.out = 4 * width});
  return net.relu(net.add(y, shortcut(net, block, x, 4 * width, stride)));
}

Value stem(NetworkBuilder& net, const Config& config, const Value& image) {
  const auto width = config.integers("width")[0];
  if (cifar_style(config))
    return net.relu(conv_norm(net, "stem", "", image, {.out = width, .kernel = 3, .padding = 1}));
  const auto x = net.relu(conv_norm(net, "stem", "", image, {.out = width, .kernel = 7, .stride = 2, .padding = 3}));
  return net.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
}

struct BlockPlace {
  std::string name, torchvision;
  std::int64_t width, stride;
  bool has_shortcut;
};

std::vector<BlockPlace> places(const Config& config) {
  const auto widths = config.integers("width");
  const auto counts = blocks(config);
  const auto expansion = bottleneck(config) ? 4 : 1;
  std::vector<BlockPlace> result;
  auto channels = widths[0];
  for (std::size_t stage = 0; stage < counts.size(); ++stage)
    for (std::int64_t block = 0; block < counts[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const auto out = expansion * widths[stage];
      result.push_back({name("stage", stage, ".block", block), name("layer", stage + 1, ".", block), widths[stage],
                        stride, stride != 1 || channels != out});
      channels = out;
    }
  return result;
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  names.layer("conv1", "stem.conv", false).batch_norm("bn1", "stem.norm");
  for (const auto& place : places(config)) {
    for (int k = 1; k <= (bottleneck(config) ? 3 : 2); ++k)
      names.layer(name(place.torchvision, ".conv", k), name(place.name, ".conv", k), false)
          .batch_norm(name(place.torchvision, ".bn", k), name(place.name, ".norm", k));
    if (place.has_shortcut)
      names.layer(place.torchvision + ".downsample.0", place.name + ".shortcut.conv", false)
          .batch_norm(place.torchvision + ".downsample.1", place.name + ".shortcut.norm");
  }
  return names.layer("fc", "head");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  const auto block = bottleneck(config) ? bottleneck_block : basic_block;
  auto x = stem(net, config, net.image(config.integer("channels"), config.integer("size"), config.integer("size")));
  for (const auto& place : places(config)) x = block(net, place.name, x, place.width, place.stride);
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes")).dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
