// EfficientNet (Tan and Le 2019): inverted residuals with squeeze-excite, in stages that are scaled in width and depth
// together.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

void check(Config& config) {
  settle_lists(config, {"depth", "width", "kernel", "stride", "expansion"});
  for (const auto kernel : config.integers("kernel"))
    if (kernel % 2 == 0) throw ConfigError("kernel", std::to_string(kernel) + " has no centre", "use odd numbers");
  if (config.integer("features") == 0) config.set("features", 4 * config.integers("width").back());
}

// Widths are rounded to multiples of eight, depths upwards.
Json::Object scaled(double width, double depth, int size, double dropout) {
  Json::Array widths, depths;
  for (const auto channels : {16, 24, 40, 80, 112, 192, 320}) widths.push_back(divisible(channels * width));
  for (const auto blocks : {1, 2, 2, 3, 3, 4, 1})
    depths.push_back(static_cast<std::int64_t>(std::ceil(blocks * depth)));
  const bool large = width >= 1.6;  // the largest were trained with other normalisation
  return {{"size", size},
          {"classes", 1000},
          {"depth", depths},
          {"width", widths},
          {"kernel", Json::Array{3, 3, 5, 3, 5, 5, 3}},
          {"stride", Json::Array{1, 2, 2, 2, 1, 2, 1}},
          {"expansion", Json::Array{1, 6, 6, 6, 6, 6, 6}},
          {"stem", divisible(32 * width)},
          {"stem_stride", 2},
          {"features", 4 * divisible(320 * width)},
          {"norm_eps", large ? 1e-3 : 1e-5},
          {"norm_momentum", large ? 0.01 : 0.1},
          {"stochastic_depth", 0.2},
          {"dropout", dropout}};
}

ConfigSchema schema() {
  return image_keys(3, 32, 10)
      .integers("depth", {1, 2, 2}, {1, 100}, "blocks of each stage")
      .integers("width", {16, 24, 40}, {1, 8192}, "channels of each stage")
      .integers("kernel", {3, 3, 5}, {1, 63}, "height and width of the kernel, per stage")
      .integers("stride", {1, 2, 2}, {1, 8}, "of each stage's first block")
      .integers("expansion", {1, 6, 6}, {1, 64}, "channels inside a block over those of its input, per stage")
      .integer("stem", 16, {1, 8192}, "channels of the first convolution")
      .integer("stem_stride", 1, {1, 8}, "stride of the first convolution")
      .integer("features", 0, {0, 65536}, "channels of the last convolution; 0: four times the last stage's")
      .number("norm_eps", 1e-5, {0, 1}, "what normalisation adds to a variance")
      .number("norm_momentum", 0.1, {0, 1}, "of the running statistics")
      .number("stochastic_depth", 0, {0, 1}, "rate at which the last block is left out while training")
      .number("dropout", 0, {0, 1}, "share that is left out before the head while training")
      .keywords({"efficient net"})
      .complete(check)
      .preset("b0", scaled(1.0, 1.0, 224, 0.2))
      .preset("b1", scaled(1.0, 1.1, 240, 0.2))
      .preset("b2", scaled(1.1, 1.2, 260, 0.3))
      .preset("b3", scaled(1.2, 1.4, 300, 0.3))
      .preset("b4", scaled(1.4, 1.8, 380, 0.4))
      .preset("b5", scaled(1.6, 2.2, 456, 0.4))
      .preset("b6", scaled(1.8, 2.6, 528, 0.5))
      .preset("b7", scaled(2.0, 3.1, 600, 0.5));
}

struct BlockPlace {
  std::string name, torchvision;
  InvertedResidual block;
  bool expands;
};

std::vector<BlockPlace> places(const Config& config) {
  const auto depths = config.integers("depth"), widths = config.integers("width"), kernels = config.integers("kernel"),
             strides = config.integers("stride"), expansions = config.integers("expansion");
  const auto blocks = static_cast<double>(std::accumulate(depths.begin(), depths.end(), std::int64_t{0}));
  std::vector<BlockPlace> result;
  auto in = config.integer("stem");
  for (std::size_t stage = 0; stage < depths.size(); ++stage)
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto expanded = divisible(static_cast<double>(in * expansions[stage]));
      const auto share = static_cast<double>(result.size()) / blocks;
      result.push_back({name("stage", stage, ".block", k),
                        name("features.", stage + 1, ".", k, ".block"),
                        {.out = widths[stage],
                         .expanded = expanded,
                         .kernel = kernels[stage],
                         .stride = k == 0 ? strides[stage] : 1,
                         .squeezed = std::max<std::int64_t>(1, in / 4),
                         .activation = &NetworkBuilder::silu,
                         .squeeze_activation = &NetworkBuilder::silu,
                         .gate = &NetworkBuilder::sigmoid,
                         .norm = {.eps = config.number("norm_eps"), .momentum = config.number("norm_momentum")},
                         .stochastic_depth = config.number("stochastic_depth") * share},
                        expanded != in});
      in = widths[stage];
    }
  return result;
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  conv_norm(names, "features.0.0", "features.0.1", "stem");
  for (const auto& place : places(config)) inverted_residual(names, place.torchvision, place.name, place.expands, true);
  const auto last = name("features.", config.integers("depth").size() + 1);
  conv_norm(names, last + ".0", last + ".1", "features");
  return names.layer("classifier.1", "head");
}

Network describe(const Config& config) {
  const Norm norm{.eps = config.number("norm_eps"), .momentum = config.number("norm_momentum")};
  NetworkBuilder net;
  auto x = input_image(net, config);
  const Conv2d stem{.out = config.integer("stem"), .kernel = 3, .stride = config.integer("stem_stride"), .padding = 1};
  x = net.silu(conv_norm(net, "stem", x, stem, norm));
  for (const auto& place : places(config)) x = inverted_residual(net, place.name, x, place.block);
  x = net.silu(conv_norm(net, "features", x, {.out = config.integer("features")}, norm));
  x = net.global_avg_pool(x);
  if (config.number("dropout") > 0) x = net.dropout(x, config.number("dropout"));
  return net.classifier("head", x, config.integer("classes")).dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
