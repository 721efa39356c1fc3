// GoogLeNet (Szegedy et al. 2015), with batch normalisation and 3 x 3 convolutions in the place of 5 x 5, as
// torchvision has it: four branches beside each other in every block.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr Norm kNorm{.eps = 1e-3};
constexpr std::int64_t kPublishedWidth = 64;

// Channels of one block's convolutions.
struct Branches {
  std::int64_t direct, reduced, wide, reduced_more, wider, pooled;
};
const std::vector<std::vector<Branches>> kStages{{{64, 96, 128, 16, 32, 32}, {128, 128, 192, 32, 96, 64}},
                                                 {{192, 96, 208, 16, 48, 64},
                                                  {160, 112, 224, 24, 64, 64},
                                                  {128, 128, 256, 24, 64, 64},
                                                  {112, 144, 288, 32, 64, 64},
                                                  {256, 160, 320, 32, 128, 128}},
                                                 {{256, 160, 320, 32, 128, 128}, {384, 192, 384, 48, 128, 128}}};

void check(Config& config) {
  const auto stages = config.integers("depth").size();
  if (stages == 0 || stages > kStages.size())
    throw ConfigError("depth", "needs one number for each of one to three stages", "give as many numbers");
}

ConfigSchema schema() {
  return image_keys(3, 32, 10)
      .integers("depth", {2, 5, 2}, {1, 100}, "blocks of each stage; beyond the published ones the last is repeated")
      .integer("width", 16, {1, 4096}, "channels of the stem; all others are in the published proportion to it")
      .choice("stem", "small", {"small", "imagenet"}, "strides of 1, or a stride and two poolings")
      .number("dropout", 0, {0, 1}, "share that is left out before the head while training")
      .keywords({"inception"})
      .complete(check)
      .preset("imagenet", {{"size", 224},
                           {"classes", 1000},
                           {"depth", Json::Array{2, 5, 2}},
                           {"width", kPublishedWidth},
                           {"stem", "imagenet"},
                           {"dropout", 0.2}});
}

struct BlockPlace {
  std::string name, torchvision;
  Branches channels;
  std::size_t stage;
};

std::vector<BlockPlace> places(const Config& config) {
  const auto depths = config.integers("depth");
  const auto scaled = [&](std::int64_t channels) {
    return std::max<std::int64_t>(1, channels * config.integer("width") / kPublishedWidth);
  };
  std::vector<BlockPlace> result;
  for (std::size_t stage = 0; stage < depths.size(); ++stage)
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto& last = kStages[stage].size() - 1;
      const auto& c = kStages[stage][std::min(static_cast<std::size_t>(k), last)];
      // 3a, 3b, 4a, ...; numbers where the letters end.
      const auto letter = k < 26 ? std::string(1, static_cast<char>('a' + k)) : name("_", k);
      result.push_back({name("stage", stage, ".block", k),
                        name("inception", stage + 3, letter),
                        {scaled(c.direct), scaled(c.reduced), scaled(c.wide), scaled(c.reduced_more), scaled(c.wider),
                         scaled(c.pooled)},
                        stage});
    }
  return result;
}

Value convolution(NetworkBuilder& net, const std::string& layer, const Value& x, Conv2d options) {
  return net.relu(conv_norm(net, layer, x, options, kNorm));
}

// While the map has room for the window.
Value halved(NetworkBuilder& net, const Value& x, std::int64_t kernel) {
  if (std::min(x.shape[1], x.shape[2]) < kernel) return x;
  return net.max_pool(x, {.kernel = kernel, .stride = 2, .ceil_mode = true});
}

Value inception(NetworkBuilder& net, const BlockPlace& place, const Value& x) {
  const auto& c = place.channels;
  const auto branch = [&](int k, const char* layer) { return name(place.name, ".branch", k, layer); };
  const auto direct = convolution(net, branch(0, ""), x, {.out = c.direct});
  const auto wide = convolution(net, branch(1, ".wide"), convolution(net, branch(1, ".reduce"), x, {.out = c.reduced}),
                                {.out = c.wide, .kernel = 3, .padding = 1});
  const auto wider =
      convolution(net, branch(2, ".wide"), convolution(net, branch(2, ".reduce"), x, {.out = c.reduced_more}),
                  {.out = c.wider, .kernel = 3, .padding = 1});
  const auto window = net.max_pool(x, {.kernel = 3, .stride = 1, .padding = 1, .ceil_mode = true});
  return net.concat({direct, wide, wider, convolution(net, branch(3, ""), window, {.out = c.pooled})}, 0);
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  const auto layer = [&](const std::string& foreign, const std::string& canonical) {
    conv_norm(names, foreign + ".conv", foreign + ".bn", canonical);
  };
  for (int k = 1; k <= 3; ++k) layer(name("conv", k), name("stem.conv", k));
  for (const auto& place : places(config)) {
    layer(place.torchvision + ".branch1", place.name + ".branch0");
    for (int k = 1; k <= 2; ++k) {
      layer(name(place.torchvision, ".branch", k + 1, ".0"), name(place.name, ".branch", k, ".reduce"));
      layer(name(place.torchvision, ".branch", k + 1, ".1"), name(place.name, ".branch", k, ".wide"));
    }
    layer(place.torchvision + ".branch4.1", place.name + ".branch3");
  }
  return names.layer("fc", "head");
}

Network describe(const Config& config) {
  const auto width = config.integer("width");
  const bool small = config.text("stem") == "small";
  NetworkBuilder net;
  auto x = input_image(net, config);
  x = convolution(net, "stem.conv1", x,
                  {.out = width, .kernel = small ? 3 : 7, .stride = small ? 1 : 2, .padding = small ? 1 : 3});
  if (!small) x = halved(net, x, 3);
  x = convolution(net, "stem.conv2", x, {.out = width});
  x = convolution(net, "stem.conv3", x, {.out = 3 * width, .kernel = 3, .padding = 1});
  if (!small) x = halved(net, x, 3);
  std::size_t stage = 0;
  for (const auto& place : places(config)) {
    if (place.stage != stage) x = halved(net, x, ++stage == 1 ? 3 : 2);
    x = inception(net, place, x);
  }
  x = net.global_avg_pool(x);
  if (config.number("dropout") > 0) x = net.dropout(x, config.number("dropout"));
  return net.classifier("head", x, config.integer("classes")).dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
