#pragma once
// Pieces that many networks are made of, and what a dialect says about them. Each takes the name in front of its
// parameters' names.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "weightloom/sdk/config.hpp"
#include "weightloom/sdk/network.hpp"

namespace weightloom::sdk {

// ---- configurations ----

// `channels`, `size` and `classes`, as all classifiers of images spell them.
inline ConfigSchema image_keys(std::int64_t channels, std::int64_t size, std::int64_t classes) {
  return ConfigSchema()
      .integer("channels", channels, {1, 64}, "channels of the input image")
      .integer("size", size, {1, 4096}, "height and width of the input image")
      .integer("classes", classes, {1, 100000}, "number of classes");
}
inline Value input_image(NetworkBuilder& net, const Config& config) {
  return net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
}

// For ConfigSchema::complete(): brings the lists under `keys` to one length, that of the longest one that was given; a
// shorter list goes on with its last number, as a bare number does. Defaults give the length where bare numbers are all
// that was given.
inline void settle_lists(Config& config, std::initializer_list<const char*> keys) {
  std::size_t given = 0, otherwise = 0;
  for (const auto* key : keys) {
    const auto count = config.integers(key).size();
    if (count == 0) throw ConfigError(key, "is empty", "give at least one number");
    if (config.given(key) && count > 1)
      given = std::max(given, count);
    else if (!config.given(key))
      otherwise = std::max(otherwise, count);
  }
  const auto length = given > 0 ? given : std::max<std::size_t>(otherwise, 1);
  for (const auto* key : keys) {
    auto list = config.integers(key);
    list.resize(length, list.back());
    config.set(key, Json(list));
  }
}

// For ConfigSchema::complete().
inline void expect_divisor(const Config& config, const std::string& key, const std::string& of) {
  const auto divisor = config.integer(key), whole = config.integer(of);
  if (whole % divisor)
    throw ConfigError(key, std::to_string(divisor) + " does not divide " + of + " " + std::to_string(whole),
                      "use a divisor of '" + of + "'");
}

// ---- convolutional networks ----

// The multiple of `divisor` nearest to `channels`, but at least `divisor` and nine tenths of `channels` (Sandler et al.
// 2018).
inline std::int64_t divisible(double channels, std::int64_t divisor = 8) {
  const auto step = static_cast<double>(divisor);
  const auto nearest = std::max(divisor, static_cast<std::int64_t>((channels + step / 2) / step) * divisor);
  return static_cast<double>(nearest) < 0.9 * channels ? nearest + divisor : nearest;
}

using Activation = Value (NetworkBuilder::*)(const Value&);

// `.conv`, without a bias, and `.norm`.
inline Value conv_norm(NetworkBuilder& net, const std::string& layer, const Value& x, Conv2d options, Norm norm = {}) {
  options.bias = false;
  return net.batch_norm(layer + ".norm", net.conv2d(layer + ".conv", x, std::move(options)), norm);
}
inline void conv_norm(Dialect& names, const std::string& conv, const std::string& norm, const std::string& layer) {
  names.layer(conv, layer + ".conv", false).batch_norm(norm, layer + ".norm");
}

// Every channel times a number from 0 to 1 that the means of all channels decide (Hu et al. 2018): `.reduce`,
// `.expand`.
inline Value squeeze_excite(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t hidden,
                            Activation activation, Activation gate) {
  const auto means = net.global_avg_pool(x);
  const auto reduced = (net.*activation)(net.linear(layer + ".reduce", means, {.out = hidden}));
  const auto gates = (net.*gate)(net.linear(layer + ".expand", reduced, {.out = x.shape[0]}));
  return net.mul(x, net.reshape(gates, {x.shape[0], 1, 1}));
}
// Others make convolutions of 1 x 1 of them.
inline void squeeze_excite(Dialect& names, const std::string& foreign, const std::string& layer) {
  for (const auto& [theirs, ours] : {std::pair{".fc1", ".reduce"}, {".fc2", ".expand"}})
    names.tensor(foreign + theirs + ".weight", layer + ours + ".weight", {Transform::squeeze(3), Transform::squeeze(2)})
        .tensor(foreign + theirs + ".bias", layer + ours + ".bias");
}

// Expand, filter every channel by itself, project; the input is added where the shape allows it (Sandler et al. 2018).
// `.expand` (unless `expanded` is as many as there are), `.depthwise`, `.squeeze` (unless `squeezed` is 0), `.project`.
struct InvertedResidual {
  std::int64_t out, expanded;
  std::int64_t kernel = 3, stride = 1, squeezed = 0;
  Activation activation = &NetworkBuilder::relu6, squeeze_activation = &NetworkBuilder::relu,
             gate = &NetworkBuilder::hardsigmoid;
  Norm norm = {};
  double stochastic_depth = 0;
};
inline Value inverted_residual(NetworkBuilder& net, const std::string& block, const Value& x,
                               const InvertedResidual& o) {
  auto y = x;
  if (o.expanded != x.shape[0])
    y = (net.*o.activation)(conv_norm(net, block + ".expand", y, {.out = o.expanded}, o.norm));
  const Conv2d depthwise{
      .out = o.expanded, .kernel = o.kernel, .stride = o.stride, .padding = (o.kernel - 1) / 2, .groups = o.expanded};
  y = (net.*o.activation)(conv_norm(net, block + ".depthwise", y, depthwise, o.norm));
  if (o.squeezed > 0) y = squeeze_excite(net, block + ".squeeze", y, o.squeezed, o.squeeze_activation, o.gate);
  y = conv_norm(net, block + ".project", y, {.out = o.out}, o.norm);
  if (y.shape != x.shape || o.stride != 1) return y;
  return net.add(o.stochastic_depth > 0 ? net.stochastic_depth(y, o.stochastic_depth) : y, x);
}
// As torchvision numbers the layers of a block: each convolution with its normalisation has a number, from 0.
inline void inverted_residual(Dialect& names, const std::string& foreign, const std::string& block, bool expands,
                              bool squeezes) {
  int k = 0;
  const auto next = [&](const char* layer) {
    conv_norm(names, name(foreign, ".", k, ".0"), name(foreign, ".", k, ".1"), block + layer);
    ++k;
  };
  if (expands) next(".expand");
  next(".depthwise");
  if (squeezes) squeeze_excite(names, name(foreign, ".", k++), block + ".squeeze");
  next(".project");
}

// ---- networks of TensorFlow ----

// "Same" padding: as many places as the stride goes into the image, rounded up; the odd row or column is the last.
inline Value conv_same(NetworkBuilder& net, const std::string& layer, const Value& x, Conv2d options) {
  const auto reach = [](std::int64_t kernel, std::int64_t dilation) { return (kernel - 1) * dilation + 1; };
  const Pair seen{reach(options.kernel.vertical, options.dilation.vertical),
                  reach(options.kernel.horizontal, options.dilation.horizontal)};
  const auto padded = net.pad_same(x, seen, options.stride);
  return net.conv2d(layer, padded, std::move(options));
}
// What is around the image is never the maximum.
inline Value max_pool_same(NetworkBuilder& net, const Value& x, Pair kernel, Pair stride) {
  constexpr double kLowest = -3.4e38;
  return net.max_pool(net.pad_same(x, kernel, stride, kLowest), {.kernel = kernel, .stride = stride});
}

// From its layouts to ours, for dialects. Kernels: [height, width, in, out].
inline Transforms from_hwio() {
  return {Transform::transpose({3, 2, 0, 1})};
}
// Kernels of depthwise convolutions: [height, width, channels, outputs of each]. Ours have as many groups as channels.
inline Transforms from_depthwise() {
  return {Transform::transpose({2, 3, 0, 1})};
}
inline Transforms from_depthwise(Pair kernel, std::int64_t channels, std::int64_t outputs) {
  const auto height = kernel.vertical, width = kernel.horizontal;
  return {Transform::transpose({2, 3, 0, 1}),
          Transform::reshape({channels, outputs, height, width}, {channels * outputs, 1, height, width})};
}
// Dense layers: [in, out].
inline Transforms from_dense() {
  return {Transform::transpose({1, 0})};
}
// Dense layers whose input is a flattened image, there [height, width, channels]; `map` is ours, [channels, height,
// width].
inline Transforms from_dense(const Shape& map, std::int64_t out) {
  const auto channels = map.at(0), height = map.at(1), width = map.at(2), in = channels * height * width;
  return {Transform::reshape({in, out}, {height, width, channels, out}), Transform::transpose({3, 2, 0, 1}),
          Transform::reshape({out, channels, height, width}, {out, in})};
}

// ---- transformers ----

// `.query`, `.key`, `.value` and `.output`: tokens [..., T, D] that look at each other, through a mask where one is
// given.
inline Value self_attention(NetworkBuilder& net, const std::string& layer, const Value& x, Attention options,
                            const Value* mask = nullptr, Init init = Init::xavier_uniform(1.0)) {
  const Linear linear{.out = x.shape.back(), .init = std::move(init)};
  const auto query = net.linear(layer + ".query", x, linear), key = net.linear(layer + ".key", x, linear),
             value = net.linear(layer + ".value", x, linear);
  const auto mixed =
      mask ? net.attention(query, key, value, *mask, options) : net.attention(query, key, value, options);
  return net.linear(layer + ".output", mixed, linear);
}
// One foreign layer holds query, key and value, one below the other.
inline void fused_attention(Dialect& names, const std::string& fused, const std::string& output,
                            const std::string& layer) {
  for (const auto* part : {".weight", ".bias"})
    names.split(fused + part, {layer + ".query" + part, layer + ".key" + part, layer + ".value" + part}, 0);
  names.layer(output, layer + ".output");
}

// `.hidden` and `.output`, along the last dimension.
inline Value perceptron(NetworkBuilder& net, const std::string& layer, const Value& x, std::int64_t hidden,
                        Activation activation = &NetworkBuilder::gelu, const Init& init = Init::xavier_uniform(1.0)) {
  const auto y = (net.*activation)(net.linear(layer + ".hidden", x, {.out = hidden, .init = init}));
  return net.linear(layer + ".output", y, {.out = x.shape.back(), .init = init});
}

}  // namespace weightloom::sdk
