// MobileNet v2 (Sandler et al. 2018) and v3 (Howard et al. 2019): inverted residuals, in v3 with squeeze-excite, other
// activations and a hidden layer before the head.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr std::int64_t kExpansion = 6;

bool third(const Config& config) {
  return config.text("style") == "v3";
}

// Lists hold one number per block; a shorter list goes on with its last number. Without `depth` the longest given list
// says how many blocks there are.
void settle_blocks(Config& config) {
  constexpr const char* kLists[] = {"width", "kernel", "stride", "squeeze"};
  const bool expands = !config.integers("expanded").empty();
  std::size_t longest = expands && config.given("expanded") ? config.integers("expanded").size() : 0;
  for (const auto* key : kLists)
    if (config.given(key)) longest = std::max(longest, config.integers(key).size());
  if (longest > 1 && !config.given("depth")) config.set("depth", longest);
  const auto depth = static_cast<std::size_t>(config.integer("depth"));
  const auto settle = [&](const char* key) {
    auto list = config.integers(key);
    if (list.empty()) throw ConfigError(key, "is empty", "give at least one number");
    if (config.given(key) && list.size() > depth)
      throw ConfigError(key, "has more numbers than the network has blocks", "raise 'depth' or shorten the list");
    list.resize(depth, list.back());
    config.set(key, Json(list));
  };
  for (const auto* key : kLists) settle(key);
  if (expands) settle("expanded");
}

void check(Config& config) {
  settle_blocks(config);
  for (const auto kernel : config.integers("kernel"))
    if (kernel % 2 == 0) throw ConfigError("kernel", std::to_string(kernel) + " has no centre", "use odd numbers");
  const auto widths = config.integers("width");
  if (config.integers("expanded").empty()) {
    std::vector<std::int64_t> expanded{config.integer("stem")};
    for (std::size_t k = 0; k + 1 < widths.size(); ++k) expanded.push_back(kExpansion * widths[k]);
    config.set("expanded", Json(expanded));
  }
  if (config.integer("features") == 0) config.set("features", kExpansion * widths.back());
}

struct BlockTable {
  std::vector<std::int64_t> width, expanded, kernel, stride, squeeze;
  void add(int out, int inner, int window, int step, bool squeezed) {
    width.push_back(out);
    expanded.push_back(inner);
    kernel.push_back(window);
    stride.push_back(step);
    squeeze.push_back(squeezed ? 1 : 0);
  }
  Json::Object preset(const char* style, int stem, int relu_blocks, int features,
                      const std::vector<std::int64_t>& hidden) const {
    return {{"size", 224},
            {"classes", 1000},
            {"style", style},
            {"depth", width.size()},
            {"width", Json(width)},
            {"expanded", Json(expanded)},
            {"kernel", Json(kernel)},
            {"stride", Json(stride)},
            {"squeeze", Json(squeeze)},
            {"relu_blocks", relu_blocks},
            {"stem", stem},
            {"stem_stride", 2},
            {"features", features},
            {"hidden", Json(hidden)}};
  }
};

BlockTable v2() {
  BlockTable table;
  int in = 32;
  for (const auto& [expansion, out, count, stride] : std::initializer_list<std::array<int, 4>>{
           {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}})
    for (int k = 0; k < count; ++k, in = out) table.add(out, expansion * in, 3, k == 0 ? stride : 1, false);
  return table;
}

BlockTable v3(std::initializer_list<std::array<int, 5>> rows) {
  BlockTable table;
  for (const auto& [kernel, expanded, out, squeeze, stride] : rows)
    table.add(out, expanded, kernel, stride, squeeze == 1);
  return table;
}

ConfigSchema schema() {
  const auto large = v3({{3, 16, 16, 0, 1},
                         {3, 64, 24, 0, 2},
                         {3, 72, 24, 0, 1},
                         {5, 72, 40, 1, 2},
                         {5, 120, 40, 1, 1},
                         {5, 120, 40, 1, 1},
                         {3, 240, 80, 0, 2},
                         {3, 200, 80, 0, 1},
                         {3, 184, 80, 0, 1},
                         {3, 184, 80, 0, 1},
                         {3, 480, 112, 1, 1},
                         {3, 672, 112, 1, 1},
                         {5, 672, 160, 1, 2},
                         {5, 960, 160, 1, 1},
                         {5, 960, 160, 1, 1}});
  const auto small = v3({{3, 16, 16, 1, 2},
                         {3, 72, 24, 0, 2},
                         {3, 88, 24, 0, 1},
                         {5, 96, 40, 1, 2},
                         {5, 240, 40, 1, 1},
                         {5, 240, 40, 1, 1},
                         {5, 120, 48, 1, 1},
                         {5, 144, 48, 1, 1},
                         {5, 288, 96, 1, 2},
                         {5, 576, 96, 1, 1},
                         {5, 576, 96, 1, 1}});
  return image_keys(3, 32, 10)
      .choice("style", "v2", {"v2", "v3"}, "v2: relu6 everywhere; v3: relu, then hardswish")
      .integer("depth", 5, {1, 1000}, "number of blocks")
      .integers("width", {16, 24, 24, 32, 32}, {1, 8192}, "output channels, per block")
      .integers("expanded", {}, {1, 65536},
                "channels inside, per block; empty: six times the input's, none more in the first block")
      .integers("kernel", {3}, {1, 63}, "height and width of the kernel, per block")
      .integers("stride", {1, 2, 1, 2, 1}, {1, 8}, "per block")
      .integers("squeeze", {0}, {0, 1}, "squeeze-excite, per block")
      .integer("relu_blocks", 0, {0, 1000}, "blocks of v3 with relu, from the first")
      .integer("stem", 16, {1, 8192}, "channels of the first convolution")
      .integer("stem_stride", 1, {1, 8}, "stride of the first convolution")
      .integer("features", 0, {0, 65536}, "channels of the last convolution; 0: six times the last block's")
      .integers("hidden", {}, {1, 65536}, "widths of the head's hidden layers")
      .keywords({"depthwise separable"})
      .complete(check)
      .preset("v2", v2().preset("v2", 32, 0, 1280, {}))
      .preset("v3-small", small.preset("v3", 16, 3, 576, {1024}))
      .preset("v3-large", large.preset("v3", 16, 6, 960, {1280}));
}

Norm norm(const Config& config) {
  return third(config) ? Norm{.eps = 1e-3, .momentum = 0.01} : Norm{};
}

Dialect torchvision(const Config& config, const std::vector<bool>& expands) {
  Dialect names("torchvision");
  conv_norm(names, "features.0.0", "features.0.1", "stem");
  const auto squeezes = config.integers("squeeze");
  for (std::size_t k = 0; k < expands.size(); ++k) {
    const auto block = name("block", k), theirs = name("features.", k + 1);
    if (third(config)) {
      inverted_residual(names, theirs + ".block", block, expands[k], squeezes[k] == 1);
      continue;
    }
    int layer = 0;
    if (expands[k]) {
      conv_norm(names, theirs + ".conv.0.0", theirs + ".conv.0.1", block + ".expand");
      ++layer;
    }
    conv_norm(names, name(theirs, ".conv.", layer, ".0"), name(theirs, ".conv.", layer, ".1"), block + ".depthwise");
    if (squeezes[k] == 1) squeeze_excite(names, name(theirs, ".conv.", ++layer), block + ".squeeze");
    conv_norm(names, name(theirs, ".conv.", layer + 1), name(theirs, ".conv.", layer + 2), block + ".project");
  }
  const auto last = name("features.", expands.size() + 1);
  conv_norm(names, last + ".0", last + ".1", "features");
  const auto hidden = config.integers("hidden").size(), first = std::size_t{third(config) ? 0u : 1u};
  for (std::size_t k = 0; k < hidden; ++k)
    names.layer(name("classifier.", 3 * k + first), name("head.block", k, ".linear"));
  return names.layer(name("classifier.", 3 * hidden + first), "head");
}

Network describe(const Config& config) {
  const auto widths = config.integers("width"), expanded = config.integers("expanded"),
             kernels = config.integers("kernel"), strides = config.integers("stride"),
             squeezes = config.integers("squeeze");
  const auto activation = third(config) ? &NetworkBuilder::hardswish : &NetworkBuilder::relu6;
  NetworkBuilder net;
  auto x = input_image(net, config);
  const Conv2d stem{.out = config.integer("stem"), .kernel = 3, .stride = config.integer("stem_stride"), .padding = 1};
  x = (net.*activation)(conv_norm(net, "stem", x, stem, norm(config)));
  std::vector<bool> expands;
  for (std::size_t k = 0; k < widths.size(); ++k) {
    expands.push_back(expanded[k] != x.shape[0]);
    const bool relu = third(config) && static_cast<std::int64_t>(k) < config.integer("relu_blocks");
    x = inverted_residual(net, name("block", k), x,
                          {.out = widths[k],
                           .expanded = expanded[k],
                           .kernel = kernels[k],
                           .stride = strides[k],
                           .squeezed = squeezes[k] == 1 ? divisible(static_cast<double>(expanded[k] / 4)) : 0,
                           .activation = relu ? &NetworkBuilder::relu : activation,
                           .norm = norm(config)});
  }
  x = (net.*activation)(conv_norm(net, "features", x, {.out = config.integer("features")}, norm(config)));
  x = net.global_avg_pool(x);
  int k = 0;
  for (const auto width : config.integers("hidden"))
    x = net.hardswish(net.linear(name("head.block", k++, ".linear"), x, {.out = width}));
  return net.classifier("head", x, config.integer("classes")).dialect(torchvision(config, expands));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
