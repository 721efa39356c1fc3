// ShuffleNet v2 (Ma et al. 2018): one half of the channels passes a block as it is, the other is filtered; then both
// are shuffled.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

void check(Config& config) {
  settle_lists(config, {"depth", "width"});
  for (const auto width : config.integers("width"))
    if (width % 2) throw ConfigError("width", std::to_string(width) + " has no halves", "use even numbers");
}

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integers("depth", {2, 4, 2}, {1, 100}, "blocks of each stage")
                  .integers("width", {32, 64, 128}, {2, 8192}, "channels of each stage")
                  .choice("stem", "small", {"small", "imagenet"}, "a stride of 1, or a stride of 2 and a pooling")
                  .integer("stem_width", 16, {1, 8192}, "channels of the stem")
                  .integer("features", 256, {1, 65536}, "channels of the last convolution")
                  .keywords({"channel shuffle"})
                  .complete(check);
  struct Size {
    const char* name;
    Json::Array width;
    int features;
  };
  for (const auto& size : {Size{"x0_5", {48, 96, 192}, 1024},
                           {"x1_0", {116, 232, 464}, 1024},
                           {"x1_5", {176, 352, 704}, 1024},
                           {"x2_0", {244, 488, 976}, 2048}})
    keys.preset(size.name, {{"size", 224},
                            {"classes", 1000},
                            {"depth", Json::Array{4, 8, 4}},
                            {"width", size.width},
                            {"stem", "imagenet"},
                            {"stem_width", 24},
                            {"features", size.features}});
  return keys;
}

Value point(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t out) {
  return net.relu(conv_norm(net, layer, x, {.out = out}));
}
Value depthwise(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t stride) {
  const auto width = x.shape[0];
  return conv_norm(net, layer, x, {.out = width, .kernel = 3, .stride = stride, .padding = 1, .groups = width});
}

// Channels of both halves in turn.
Value shuffled(NetworkBuilder& net, const Value& a, const Value& b) {
  const auto x = net.concat({a, b}, 0);
  const auto halves = net.reshape(x, {2, x.shape[0] / 2, x.shape[1], x.shape[2]});
  return net.reshape(net.permute(halves, {1, 0, 2, 3}), x.shape);
}

Value branch(NetworkBuilder& net, const std::string& block, const Value& x, std::int64_t out, std::int64_t stride) {
  const auto y = depthwise(net, block + ".depthwise", point(net, block + ".reduce", x, out), stride);
  return point(net, block + ".project", y, out);
}

Value block(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t out, bool first) {
  if (!first) {
    const auto halves = net.split(x, 2, 0);
    return shuffled(net, halves[0], branch(net, layer, halves[1], out / 2, 1));
  }
  const auto passed = depthwise(net, layer + ".shortcut.depthwise", x, 2);
  return shuffled(net, point(net, layer + ".shortcut.project", passed, out / 2), branch(net, layer, x, out / 2, 2));
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  conv_norm(names, "conv1.0", "conv1.1", "stem");
  const auto depths = config.integers("depth");
  for (std::size_t stage = 0; stage < depths.size(); ++stage)
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto ours = name("stage", stage, ".block", k), theirs = name("stage", stage + 2, ".", k);
      if (k == 0) {
        conv_norm(names, theirs + ".branch1.0", theirs + ".branch1.1", ours + ".shortcut.depthwise");
        conv_norm(names, theirs + ".branch1.2", theirs + ".branch1.3", ours + ".shortcut.project");
      }
      conv_norm(names, theirs + ".branch2.0", theirs + ".branch2.1", ours + ".reduce");
      conv_norm(names, theirs + ".branch2.3", theirs + ".branch2.4", ours + ".depthwise");
      conv_norm(names, theirs + ".branch2.5", theirs + ".branch2.6", ours + ".project");
    }
  conv_norm(names, "conv5.0", "conv5.1", "features");
  return names.layer("fc", "head");
}

Network describe(const Config& config) {
  const auto depths = config.integers("depth"), widths = config.integers("width");
  const bool small = config.text("stem") == "small";
  NetworkBuilder net;
  auto x =
      net.relu(conv_norm(net, "stem", input_image(net, config),
                         {.out = config.integer("stem_width"), .kernel = 3, .stride = small ? 1 : 2, .padding = 1}));
  if (!small) x = net.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
  for (std::size_t stage = 0; stage < depths.size(); ++stage)
    for (std::int64_t k = 0; k < depths[stage]; ++k)
      x = block(net, name("stage", stage, ".block", k), x, widths[stage], k == 0);
  x = net.global_avg_pool(point(net, "features", x, config.integer("features")));
  return net.classifier("head", x, config.integer("classes")).dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
