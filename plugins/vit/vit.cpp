// Vision transformers (Dosovitskiy et al. 2021): patches, a class token, pre-norm blocks.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr Norm kNorm{.eps = 1e-6};

void check(Config& config) {
  expect_divisor(config, "patch", "size");
  expect_divisor(config, "heads", "width");
}

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integer("patch", 4, {1, 256}, "height and width of a patch")
                  .integer("width", 64, {1, 16384}, "width of a token")
                  .integer("depth", 4, {1, 1000}, "number of blocks")
                  .integer("heads", 4, {1, 1024}, "attention heads")
                  .integer("mlp_ratio", 4, {1, 64}, "width of a block's hidden layer over the width of a token")
                  .complete(check);
  struct Size {
    const char* name;
    int width, depth, heads, patch;
  };
  for (const auto& size :
       {Size{"ti", 192, 12, 3, 16}, {"s", 384, 12, 6, 16}, {"b", 768, 12, 12, 16}, {"l", 1024, 24, 16, 16}})
    keys.preset(size.name, {{"size", 224},
                            {"classes", 1000},
                            {"patch", size.patch},
                            {"width", size.width},
                            {"depth", size.depth},
                            {"heads", size.heads},
                            {"mlp_ratio", 4}});
  return keys;
}

Value patch_tokens(NetworkBuilder& net, const Config& config, const Value& image) {
  const auto patch = config.integer("patch"), width = config.integer("width");
  const auto fan_in = static_cast<double>(config.integer("channels") * patch * patch);
  const auto x = net.conv2d(
      "patch", image,
      {.out = width, .kernel = patch, .stride = patch, .init = Init::truncated_normal(std::sqrt(1 / fan_in))});
  return net.permute(net.reshape(x, {width, x.shape[1] * x.shape[2]}), {1, 0});
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  names.layer("conv_proj", "patch")
      .tensor("class_token", "class_token", {Transform::squeeze(0), Transform::squeeze(0)})
      .tensor("encoder.pos_embedding", "position", {Transform::squeeze(0)});
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto ours = name("block", k), theirs = name("encoder.layers.encoder_layer_", k);
    const auto attention = ours + ".attention";
    for (const auto* part : {"weight", "bias"})
      names.split(name(theirs, ".self_attention.in_proj_", part),
                  {name(attention, ".query.", part), name(attention, ".key.", part), name(attention, ".value.", part)},
                  0);
    names.layer_norm(theirs + ".ln_1", ours + ".norm1")
        .layer(theirs + ".self_attention.out_proj", attention + ".output")
        .layer_norm(theirs + ".ln_2", ours + ".norm2")
        .layer(theirs + ".mlp.0", ours + ".mlp.hidden")
        .layer(theirs + ".mlp.3", ours + ".mlp.output");
  }
  return names.layer_norm("encoder.ln", "norm").layer("heads.head", "head");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  const auto width = config.integer("width");
  auto x = patch_tokens(net, config, input_image(net, config));
  x = net.add_position("position", net.prepend_token("class_token", x));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    const auto attended = net.layer_norm(block + ".norm1", x, kNorm);
    x = net.add(x, self_attention(net, block + ".attention", attended, {.heads = config.integer("heads")}));
    const auto normed = net.layer_norm(block + ".norm2", x, kNorm);
    x = net.add(x, perceptron(net, block + ".mlp", normed, config.integer("mlp_ratio") * width));
  }
  const auto token = net.select(net.layer_norm("norm", x, kNorm), 0, 0);
  return net.classifier("head", token, config.integer("classes"), Init::truncated_normal(0.02))
      .dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
