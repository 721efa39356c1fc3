// MobileFaceNet (Chen et al. 2018): inverted residuals, and in place of a mean over the pixels a kernel as large as the
// map. As TensorFlow.js runs it: batch normalisation lies in the convolutions already, padding is "same".
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 3, {1, 64}, "channels of the input image")
      .integer("size", 28, {1, 512}, "height and width of the input image")
      .integer("values", 32, {1, 8192}, "length of the vector that a face becomes")
      .integer("stem", 16, {1, 1024}, "channels of the first convolution")
      .integers("depth", {2, 1}, {1, 100}, "blocks of each stage")
      .integers("width", {16, 24}, {1, 1024}, "channels of each stage")
      .integers("expansion", {2, 4}, {1, 16}, "channels inside of a block, in multiples of its input's")
      .integers("stride", {2, 2}, {1, 8}, "stride of a stage's first block")
      .integer("features", 64, {1, 4096}, "channels of the last map")
      .keywords({"mobile face network"})
      .complete([](Config& config) {
        settle_lists(config, {"depth", "width", "expansion", "stride"});
      })
      .preset("mobilefacenet", {{"size", 112},
                                {"values", 192},
                                {"stem", 64},
                                {"depth", Json::Array{5, 1, 6, 1, 2}},
                                {"width", Json::Array{64, 128, 128, 128, 128}},
                                {"expansion", Json::Array{2, 4, 2, 4, 2}},
                                {"stride", Json::Array{2, 2, 1, 2, 1}},
                                {"features", 512}});
}

Value depthwise(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t stride) {
  const auto channels = x.shape[0];
  return net.relu(conv_same(net, layer, x, {.out = channels, .kernel = 3, .stride = stride, .groups = channels}));
}

// The converter wrote prelu as relu(x) + slope (x - |x|), so that a file's slope is half of prelu's.
Value rectified(NetworkBuilder& net, const std::string& layer, const Value& x) {
  const auto bent = net.scale(net.prelu(layer + ".rectifier", x, true, 0.125), 2);
  return net.add(bent, net.scale(net.relu(x), -1));
}

struct Block {
  std::int64_t out, expansion, stride;
};
Value inverted(NetworkBuilder& net, const std::string& block, const Value& x, const Block& options) {
  auto y = net.conv2d(block + ".expand", x, {.out = options.expansion * x.shape[0]});
  y = depthwise(net, block + ".depthwise", rectified(net, block + ".expand", y), options.stride);
  y = net.conv2d(block + ".project", y, {.out = options.out});
  return options.stride == 1 && y.shape == x.shape ? net.add(y, x) : y;
}

// For every block its names, here and there.
template <class Visit>
void for_each_block(const Config& config, Visit visit) {
  const auto depths = config.integers("depth");
  for (std::size_t s = 0; s < depths.size(); ++s)
    for (std::int64_t k = 0; k < depths[s]; ++k)
      visit(s, k, name("stage", s, ".block", k), name("Conv2d_", s + 2, "_InvResBlock_", k, "/"));
}

Dialect tfjs(const Config& config) {
  Dialect names("tfjs");
  const std::string body = "MobileFaceNet/MobileFaceNet/", logits = "MobileFaceNet/Logits/";
  const auto convolution = [&](const std::string& theirs, const std::string& ours) {
    names.tensor(theirs + "/Conv2D_weights", ours + ".weight", from_hwio())
        .tensor(theirs + "/Conv2D_bn_offset", ours + ".bias");
  };
  const auto rectified_convolution = [&](const std::string& theirs, const std::string& ours) {
    convolution(theirs, ours);
    names.tensor(theirs + "/mul", ours + ".rectifier.slope");
  };
  const auto depthwise_convolution = [&](const std::string& theirs, const std::string& ours) {
    names.tensor(theirs + "/depthwise_weights", ours + ".weight", from_depthwise())
        .tensor(theirs + "/depthwise_bn_offset", ours + ".bias");
  };
  // The converter put a relu in front of these prelu, whose slopes have no effect since.
  const auto rectified_depthwise = [&](const std::string& theirs, const std::string& ours) {
    depthwise_convolution(theirs, ours);
    names.ignore(theirs + "/mul");
  };
  rectified_convolution(body + "Conv2d_0", "stem");
  rectified_depthwise(body + "SeparableConv2d", "depthwise");
  convolution(body + "Conv", "pointwise");
  for_each_block(config, [&](std::size_t, std::int64_t, const std::string& ours, const std::string& theirs) {
    rectified_convolution(body + theirs + "Conv", ours + ".expand");
    rectified_depthwise(body + theirs + "SeparableConv2d", ours + ".depthwise");
    convolution(body + theirs + "Conv_1", ours + ".project");
  });
  rectified_convolution(body + "Conv2d_7", "features");
  depthwise_convolution(logits + "SeparableConv2d", "pool");
  convolution(logits + "Conv", "mix");
  convolution(logits + "LinearConv1x1", "head");
  return names.ignore("embeddings/Sum/reduction_indices").ignore("embeddings/Maximum/y");
}

Network describe(const Config& config) {
  const auto widths = config.integers("width"), expansions = config.integers("expansion"),
             strides = config.integers("stride");
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  x = conv_same(net, "stem", x, {.out = config.integer("stem"), .kernel = 3, .stride = 2});
  x = depthwise(net, "depthwise", rectified(net, "stem", x), 1);
  x = net.conv2d("pointwise", x, {.out = x.shape[0]});
  for_each_block(config, [&](std::size_t s, std::int64_t k, const std::string& block, const std::string&) {
    x = inverted(net, block, x, {.out = widths[s], .expansion = expansions[s], .stride = k == 0 ? strides[s] : 1});
  });
  const auto features = config.integer("features");
  x = rectified(net, "features", net.conv2d("features", x, {.out = features}));
  x = net.conv2d("pool", x, {.out = features, .kernel = {x.shape[1], x.shape[2]}, .groups = features});
  x = net.conv2d("mix", x, {.out = features});
  x = net.conv2d("head", x, {.out = config.integer("values")});
  return net.finish(net.flatten(x), Task::kEmbedding).dialect(tfjs(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
