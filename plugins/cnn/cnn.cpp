// Plain convolutional networks: blocks of convolution, optional normalisation, optional pooling and an activation, then
// a head.
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr const char* kPerBlock[] = {"width", "kernel", "pool"};

// Lists hold one number per block; a shorter list goes on with its last number. Without `depth` the longest given list
// says how many blocks there are. The canonical form spells every list out.
void settle_blocks(Config& config) {
  std::size_t longest = 0;
  for (const auto* key : kPerBlock)
    if (config.given(key)) longest = std::max(longest, config.integers(key).size());
  if (longest > 1 && !config.given("depth")) config.set("depth", longest);
  const auto depth = static_cast<std::size_t>(config.integer("depth"));
  for (const auto* key : kPerBlock) {
    auto list = config.integers(key);
    if (list.empty()) throw ConfigError(key, "is empty", "give at least one number");
    if (config.given(key) && list.size() > depth)
      throw ConfigError(key, "has more numbers than the network has blocks", "raise 'depth' or shorten the list");
    list.resize(depth, list.back());
    config.set(key, Json(list));
  }
  for (const auto kernel : config.integers("kernel"))
    if (config.text("padding") == "same" && kernel % 2 == 0)
      throw ConfigError("kernel", std::to_string(kernel) + " is even, which padding 'same' cannot centre",
                        "use an odd kernel or padding 'valid'");
}

ConfigSchema schema() {
  return ConfigSchema()
      .integer("channels", 1, {1, 64}, "channels of the input image")
      .integer("size", 28, {1, 1024}, "height and width of the input image")
      .integer("classes", 10, {1, 100000}, "number of classes")
      .integer("depth", 3, {1, 1000}, "number of convolutional blocks")
      .integers("width", {16}, {1, 8192}, "output channels, per block")
      .integers("kernel", {3}, {1, 63}, "height and width of the kernel, per block")
      .integers("pool", {2, 2, 1}, {1, 63}, "max pooling after the convolution, per block; 1: none")
      .choice("padding", "same", {"same", "valid"}, "'same' keeps the size, 'valid' pads nothing")
      .choice("norm", "batch", {"batch", "none"}, "normalisation after each convolution")
      .choice("activation", "relu", {"relu", "gelu", "silu", "tanh", "sigmoid"}, "after each block and hidden layer")
      .choice("features", "average", {"average", "flatten"}, "what the head sees: channel means, or everything")
      .integers("hidden", {}, {1, 65536}, "widths of the head's hidden layers")
      .complete(settle_blocks)
      .preset("modelzoo-2464", {{"channels", 1},
                                {"size", 28},
                                {"classes", 10},
                                {"depth", 3},
                                {"width", Json::Array{8, 6, 4}},
                                {"kernel", Json::Array{5, 5, 2}},
                                {"pool", Json::Array{2, 2, 1}},
                                {"padding", "valid"},
                                {"norm", "none"},
                                {"activation", "tanh"},
                                {"features", "flatten"},
                                {"hidden", 20}})
      .preset("modelzoo-10853", {{"channels", 3},
                                 {"size", 32},
                                 {"classes", 10},
                                 {"depth", 3},
                                 {"width", Json::Array{16, 32, 15}},
                                 {"kernel", 3},
                                 {"pool", 2},
                                 {"padding", "valid"},
                                 {"norm", "none"},
                                 {"activation", "relu"},
                                 {"features", "flatten"},
                                 {"hidden", 20}});
}

Value activate(NetworkBuilder& net, const Value& x, const std::string& activation) {
  if (activation == "gelu") return net.gelu(x);
  if (activation == "silu") return net.silu(x);
  if (activation == "tanh") return net.tanh(x);
  if (activation == "sigmoid") return net.sigmoid(x);
  return net.relu(x);
}

Network describe(const Config& config) {
  const auto widths = config.integers("width"), kernels = config.integers("kernel"), pools = config.integers("pool");
  const bool same = config.text("padding") == "same", norm = config.text("norm") == "batch";
  const auto& activation = config.text("activation");

  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  for (std::size_t k = 0; k < widths.size(); ++k) {
    const auto block = name("block", k);
    const auto padding = same ? kernels[k] / 2 : 0;
    x = net.conv2d(block + ".conv", x, {.out = widths[k], .kernel = kernels[k], .padding = padding, .bias = !norm});
    if (norm) x = net.batch_norm(block + ".norm", x);
    if (pools[k] > 1) x = net.max_pool(x, {.kernel = pools[k]});
    x = activate(net, x, activation);
  }
  x = config.text("features") == "average" ? net.global_avg_pool(x) : net.flatten(x);
  int k = 0;
  for (const auto width : config.integers("hidden"))
    x = activate(net, net.linear(name("head.block", k++, ".linear"), x, {.out = width}), activation);
  return net.classifier("head", x, config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
