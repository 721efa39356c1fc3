// The extractor of face-api.js, from which it tells expressions and landmarks: blocks of separable convolutions, each
// of which sees the sum of all before it in its block. Its files are bare TensorFlow.js manifests, quantised to 8 bits.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

void check(Config& config) {
  if (config.boolean("bytes") && config.integer("channels") != 3)
    throw ConfigError("bytes", "the means are those of red, green and blue", "set 'channels' to 3");
  if (config.integers("width").empty()) throw ConfigError("width", "is empty", "give at least one number");
}

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 3, {1, 64}, "channels of the input image")
      .integer("size", 28, {1, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes, or of values")
      .choice("task", "classification", {"classification", "regression"}, "what the output is")
      .integers("width", {8, 16, 32}, {1, 1024}, "channels of each block, which halves the image")
      .integer("layers", 4, {1, 64}, "convolutions of a block")
      .boolean("bytes", false, "colours from 0 to 255, which are brought to -0.5 to 0.5")
      .complete(check)
      .preset("expression", {{"size", 112}, {"classes", 7}, {"width", Json::Array{32, 64, 128, 256}}, {"bytes", true}})
      .preset("landmarks", {{"size", 112},
                            {"classes", 136},
                            {"task", "regression"},
                            {"width", Json::Array{32, 64, 128, 256}},
                            {"bytes", true}})
      .preset("landmarks_tiny", {{"size", 112},
                                 {"classes", 136},
                                 {"task", "regression"},
                                 {"width", Json::Array{32, 64, 128}},
                                 {"layers", 3},
                                 {"bytes", true}});
}

Value separable(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t out, std::int64_t stride) {
  const auto in = x.shape[0];
  const auto y =
      conv_same(net, layer + ".depthwise", x, {.out = in, .kernel = 3, .stride = stride, .groups = in, .bias = false});
  return net.conv2d(layer + ".pointwise", y, {.out = out});
}

Value block_of(NetworkBuilder& net, const Config& config, std::int64_t k, const Value& x, std::int64_t out) {
  const auto block = name("block", k);
  const auto first = name(block, ".layer0");
  auto sum = net.relu(k == 0 ? conv_same(net, first, x, {.out = out, .kernel = 3, .stride = 2})
                             : separable(net, first, x, out, 2));
  auto y = sum;
  for (std::int64_t layer = 1; layer < config.integer("layers"); ++layer) {
    sum = net.add(sum, separable(net, name(block, ".layer", layer), y, out, 1));
    y = net.relu(sum);
  }
  return y;
}

Dialect face_api(const Config& config) {
  Dialect names("face_api");
  for (std::size_t k = 0; k < config.integers("width").size(); ++k)
    for (std::int64_t layer = 0; layer < config.integer("layers"); ++layer) {
      const auto theirs = name("dense", k, "/conv", layer), ours = name("block", k, ".layer", layer);
      if (k == 0 && layer == 0) {
        names.tensor(theirs + "/filters", ours + ".weight", from_hwio()).tensor(theirs + "/bias", ours + ".bias");
        continue;
      }
      names.tensor(theirs + "/depthwise_filter", ours + ".depthwise.weight", from_depthwise())
          .tensor(theirs + "/pointwise_filter", ours + ".pointwise.weight", from_hwio())
          .tensor(theirs + "/bias", ours + ".pointwise.bias");
    }
  return names.tensor("fc/weights", "head.weight", from_dense()).tensor("fc/bias", "head.bias");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  if (config.boolean("bytes"))
    x = net.scale(net.add(x, net.constant({3, 1, 1}, {-122.782, -117.001, -104.298})), 1.0 / 255);
  std::int64_t k = 0;
  for (const auto width : config.integers("width")) x = block_of(net, config, k++, x, width);
  const auto output = net.linear("head", net.global_avg_pool(x), {.out = config.integer("classes")});
  const auto task = config.text("task") == "regression" ? Task::kRegression : Task::kClassification;
  return net.finish(output, task).dialect(face_api(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
