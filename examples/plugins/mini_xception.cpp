// Mini-Xception (Arriaga et al. 2017): blocks of two separable convolutions and a pooling, beside one convolution of a
// single pixel. As TensorFlow.js runs it: batch normalisation lies in the convolutions already, padding is "same".
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {8, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integer("stem", 8, {1, 1024}, "channels of the first convolution")
      .integer("features", 8, {1, 1024}, "channels of the second convolution")
      .integer("stem_stride", 1, {1, 2}, "stride of the first convolution")
      .integers("width", {16, 32}, {1, 1024}, "channels of each block")
      .boolean("rectified", false,
               "relu in front of all blocks but the first, on the side of the separable convolutions")
      .keywords({"mini xception"})
      .preset("gender", {{"size", 64}, {"classes", 2}, {"width", Json::Array{16, 32, 64, 128}}})
      .preset("emotion", {{"size", 64},
                          {"classes", 7},
                          {"stem", 32},
                          {"features", 64},
                          {"stem_stride", 2},
                          {"width", Json::Array{128, 256}},
                          {"rectified", true}});
}

Value separable(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t out) {
  const auto in = x.shape[0];
  const auto y =
      net.conv2d(layer + ".depthwise", x, {.out = in, .kernel = 3, .padding = 1, .groups = in, .bias = false});
  return net.conv2d(layer + ".pointwise", y, {.out = out});
}

Value block_of(NetworkBuilder& net, const std::string& block, const Value& x, std::int64_t out, bool rectified) {
  auto y = separable(net, block + ".first", rectified ? net.relu(x) : x, out);
  y = separable(net, block + ".second", net.relu(y), out);
  y = max_pool_same(net, y, 3, 2);
  return net.add(y, net.conv2d(block + ".shortcut", x, {.out = out, .stride = 2}));
}

// Its 3 x 3 convolution and the mean over all pixels, which are one linear layer of the means of what each of the nine
// places of the kernel sees.
Network head(NetworkBuilder& net, const Value& x, std::int64_t classes) {
  const auto padded = net.pad(x, {0, 1, 1}, {0, 1, 1});
  const auto seen = net.avg_pool(padded, {.kernel = {x.shape[1], x.shape[2]}, .stride = 1});
  return net.classifier("head", net.flatten(seen), classes);
}

// The names that the converter of TensorFlow.js made of the Keras models; variables that it found no name for are
// counted: 5 of a convolution with its normalisation, 6 of a separable one.
Dialect tfjs(const Config& config) {
  Dialect names("tfjs");
  const std::string model = "StatefulPartitionedCall/model_1/";
  const auto convolution = [&](const std::string& theirs, const std::string& ours) {
    names.tensor(theirs + "_weights", ours + ".weight", from_hwio()).tensor(theirs + "_bn_offset", ours + ".bias");
  };
  int convolutions = 0, separables = 0, unnamed = 9;
  for (const auto* layer : {"stem", "features"}) convolution(name(model, "conv2d_", ++convolutions, "/Conv2D"), layer);
  const auto depth = config.integers("width").size();
  for (std::size_t k = 0; k < depth; ++k, unnamed += 5) {
    for (const auto* layer : {".first", ".second"}) {
      const auto block = name("block", k, layer);
      names.tensor(name("unknown_", unnamed), block + ".depthwise.weight", from_depthwise());
      convolution(name(model, "separable_conv2d_", ++separables, "/separable_conv2d"), block + ".pointwise");
      unnamed += 6;
    }
    convolution(name(model, "conv2d_", ++convolutions, "/Conv2D"), name("block", k, ".shortcut"));
  }
  const auto classes = config.integer("classes"), channels = config.integers("width").back();
  auto head = from_hwio();
  head.push_back(Transform::reshape({classes, channels, 3, 3}, {classes, 9 * channels}));
  names.tensor(name("unknown_", unnamed), "head.weight", head);
  names.tensor(name("unknown_", unnamed + 1), "head.bias");
  return names.ignore(model + "global_average_pooling2d_1/Mean/reduction_indices");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  x = net.relu(
      net.conv2d("stem", x, {.out = config.integer("stem"), .kernel = 3, .stride = config.integer("stem_stride")}));
  x = net.relu(net.conv2d("features", x, {.out = config.integer("features"), .kernel = 3}));
  const auto widths = config.integers("width");
  if (widths.empty()) throw ConfigError("width", "is empty", "give at least one number");
  for (std::size_t k = 0; k < widths.size(); ++k)
    x = block_of(net, name("block", k), x, widths[k], k > 0 && config.boolean("rectified"));
  return head(net, x, config.integer("classes")).dialect(tfjs(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
