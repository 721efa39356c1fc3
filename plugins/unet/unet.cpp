// U-Net (Ronneberger et al. 2015), with padded convolutions: an image is halved level by level, and brought back to its
// size beside what each level saw on the way down.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

bool normalised(const Config& config) {
  return config.text("norm") == "batch";
}
bool bilinear(const Config& config) {
  return config.text("up") == "bilinear";
}

void check(Config& config) {
  const auto size = config.integer("size"), depth = config.integer("depth");
  if (size >> depth < 1)
    throw ConfigError("depth", "a size of " + std::to_string(size) + " cannot be halved that often",
                      "lower 'depth' or raise 'size'");
}

ConfigSchema schema() {
  return image_keys(1, 32, 2)
      .integer("depth", 2, {1, 12}, "how often the image is halved")
      .integer("width", 16, {1, 2048}, "channels at full size; each level below has twice as many")
      .choice("up", "transposed", {"transposed", "bilinear"}, "transposed convolutions, or interpolation")
      .choice("norm", "batch", {"batch", "none"}, "normalisation after each convolution")
      .keywords({"u-net"})
      .complete(check)
      .preset("classic", {{"size", 256}, {"depth", 4}, {"width", 64}, {"up", "transposed"}})
      .preset("bilinear", {{"size", 256}, {"depth", 4}, {"width", 64}, {"up", "bilinear"}});
}

// Two convolutions of 3 x 3.
Value double_conv(NetworkBuilder& net, const Config& config, const std::string& block, Value x, std::int64_t between,
                  std::int64_t out) {
  for (const auto& [k, width] : {std::pair{1, between}, {2, out}}) {
    x = net.conv2d(name(block, ".conv", k), x, {.out = width, .kernel = 3, .padding = 1, .bias = !normalised(config)});
    if (normalised(config)) x = net.batch_norm(name(block, ".norm", k), x);
    x = net.relu(x);
  }
  return x;
}
void double_conv(Dialect& names, const Config& config, const std::string& foreign, const std::string& block) {
  for (int k = 1; k <= 2; ++k) {
    const auto layer = (k - 1) * (normalised(config) ? 3 : 2);
    names.layer(name(foreign, ".double_conv.", layer), name(block, ".conv", k), !normalised(config));
    if (normalised(config)) names.batch_norm(name(foreign, ".double_conv.", layer + 1), name(block, ".norm", k));
  }
}

// Twice as large; an odd row or column of what it is laid beside is filled too.
Value enlarged(NetworkBuilder& net, const Config& config, const std::string& block, const Value& x,
               const Value& beside) {
  if (bilinear(config))
    return net.resize(x, {beside.shape[1], beside.shape[2]}, {.bilinear = true, .align_corners = true});
  return net.conv_transpose2d(block + ".up", x,
                              {.out = x.shape[0] / 2,
                               .kernel = 2,
                               .stride = 2,
                               .output_padding = {beside.shape[1] - 2 * x.shape[1], beside.shape[2] - 2 * x.shape[2]}});
}

// The names of the PyTorch implementation that most checkpoints come from.
Dialect pytorch_unet(const Config& config) {
  Dialect names("pytorch_unet");
  const auto depth = config.integer("depth");
  double_conv(names, config, "inc", "down.block0");
  for (std::int64_t k = 1; k <= depth; ++k)
    double_conv(names, config, name("down", k, ".maxpool_conv.1"), name("down.block", k));
  for (std::int64_t k = 0; k < depth; ++k) {
    const auto theirs = name("up", k + 1), ours = name("up.block", k);
    if (!bilinear(config)) names.layer(theirs + ".up", ours + ".up");
    double_conv(names, config, theirs + ".conv", ours);
  }
  return names.layer("outc.conv", "head");
}

Network describe(const Config& config) {
  const auto depth = config.integer("depth"), width = config.integer("width");
  NetworkBuilder net;
  auto x = double_conv(net, config, "down.block0", input_image(net, config), width, width);
  std::vector<Value> seen;
  for (std::int64_t k = 1; k <= depth; ++k) {
    seen.push_back(x);
    // Interpolation keeps the channels: there the lowest level has no more than the one above.
    const auto out = width << (bilinear(config) && k == depth ? k - 1 : k);
    x = double_conv(net, config, name("down.block", k), net.max_pool(x, {.kernel = 2}), out, out);
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    const auto block = name("up.block", k);
    const auto beside = seen[static_cast<std::size_t>(depth - 1 - k)];
    const auto channels = beside.shape[0];
    x = net.concat({beside, enlarged(net, config, block, x, beside)}, 0);
    x = double_conv(net, config, block, x, channels, bilinear(config) && k + 1 < depth ? channels / 2 : channels);
  }
  return net.finish(net.conv2d("head", x, {.out = config.integer("classes")}), Task::kSegmentation)
      .dialect(pytorch_unet(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
