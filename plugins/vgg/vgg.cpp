// VGG (Simonyan and Zisserman 2015): stages of 3 x 3 convolutions, each ended by a pooling, and a perceptron on what is
// left of the map.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

bool normalised(const Config& config) {
  return config.text("norm") == "batch";
}

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integers("depth", {1, 1, 2, 2, 2}, {1, 100}, "convolutions of each stage")
                  .integers("width", {64, 128, 256, 512, 512}, {1, 8192}, "channels of each stage")
                  .choice("norm", "batch", {"batch", "none"}, "normalisation after each convolution")
                  .integers("hidden", {}, {1, 65536}, "widths of the head's hidden layers")
                  .number("dropout", 0, {0, 1}, "share that is left out after each hidden layer while training")
                  .keywords({"vgg net"})
                  .complete([](Config& config) {
                    settle_lists(config, {"depth", "width"});
                  });
  for (const auto& [layers, depth] : std::map<int, Json::Array>{
           {11, {1, 1, 2, 2, 2}}, {13, {2, 2, 2, 2, 2}}, {16, {2, 2, 3, 3, 3}}, {19, {2, 2, 4, 4, 4}}})
    for (const auto* norm : {"none", "batch"})
      keys.preset(name("vgg", layers, norm == std::string("batch") ? "_bn" : ""),
                  {{"size", 224},
                   {"classes", 1000},
                   {"depth", depth},
                   {"width", Json::Array{64, 128, 256, 512, 512}},
                   {"norm", norm},
                   {"hidden", Json::Array{4096, 4096}},
                   {"dropout", 0.5}});
  return keys;
}

// The map is pooled while there is something to pool: parameters depend on the stages alone.
Value pooled(NetworkBuilder& net, const Value& x) {
  return std::min(x.shape[1], x.shape[2]) > 1 ? net.max_pool(x, {.kernel = 2}) : x;
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  int layer = 0;
  const auto depths = config.integers("depth");
  for (std::size_t stage = 0; stage < depths.size(); ++stage, ++layer)  // a pooling is a layer
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto block = name("stage", stage, ".block", k);
      names.layer(name("features.", layer), block + ".conv");
      if (normalised(config)) names.batch_norm(name("features.", layer + 1), block + ".norm");
      layer += normalised(config) ? 3 : 2;
    }
  const auto hidden = config.integers("hidden").size();
  for (std::size_t k = 0; k < hidden; ++k) names.layer(name("classifier.", 3 * k), name("head.block", k, ".linear"));
  return names.layer(name("classifier.", 3 * hidden), "head");
}

Network describe(const Config& config) {
  const auto depths = config.integers("depth"), widths = config.integers("width");
  NetworkBuilder net;
  auto x = input_image(net, config);
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto block = name("stage", stage, ".block", k);
      x = net.conv2d(block + ".conv", x, {.out = widths[stage], .kernel = 3, .padding = 1});
      if (normalised(config)) x = net.batch_norm(block + ".norm", x);
      x = net.relu(x);
    }
    x = pooled(net, x);
  }
  x = net.flatten(x);
  int k = 0;
  for (const auto width : config.integers("hidden")) {
    x = net.relu(net.linear(name("head.block", k++, ".linear"), x, {.out = width}));
    if (config.number("dropout") > 0) x = net.dropout(x, config.number("dropout"));
  }
  return net.classifier("head", x, config.integer("classes")).dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
