#pragma once
// Builds a network description (`weightloom.network/1`, docs/network_description.md) by code that reads like the
// network. Every operator is a function from values to a value; shapes are those of one sample and are inferred as the
// network grows.
//
//   NetworkBuilder net;
//   auto x = net.image(3, 32, 32);
//   x = net.conv2d("stem.conv", x, {.out = 16, .kernel = 3, .padding = 1, .bias = false});
//   x = net.relu(net.batch_norm("stem.norm", x));
//   return net.classifier("head", net.global_avg_pool(x), 10);
//
// A shape that does not work out throws ConfigError (the configuration asked for it); a name used twice throws
// std::logic_error.

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightloom/sdk/config.hpp"
#include "weightloom/sdk/json.hpp"

namespace weightloom::sdk {

using Shape = std::vector<std::int64_t>;

// [vertical, horizontal]; one number means both.
struct Pair {
  std::int64_t vertical, horizontal;
  constexpr Pair(std::int64_t both) : vertical(both), horizontal(both) {}
  constexpr Pair(std::int64_t v, std::int64_t h) : vertical(v), horizontal(h) {}
  Json json() const { return Json::Array{vertical, horizontal}; }
};

// How fresh values are drawn. fan_in is the product of all dimensions but the first.
struct Init {
  std::string kind, argument;
  double value = 0;

  static Init zeros() { return {"zeros", "", 0}; }
  static Init ones() { return {"ones", "", 0}; }
  static Init constant(double value) { return {"constant", "value", value}; }
  static Init normal(double std) { return {"normal", "std", std}; }
  static Init truncated_normal(double std) { return {"truncated_normal", "std", std}; }
  static Init uniform(double bound) { return {"uniform", "bound", bound}; }
  static Init kaiming_normal(double gain) { return {"kaiming_normal", "gain", gain}; }
  static Init kaiming_uniform(double gain) { return {"kaiming_uniform", "gain", gain}; }
  static Init xavier_uniform(double gain) { return {"xavier_uniform", "gain", gain}; }

  Json json() const {
    Json result{Json::Object{{"kind", kind}}};
    if (!argument.empty()) result.set(argument, value);
    return result;
  }
};

// The gain that keeps the variance of activations through a rectifier.
inline constexpr double kReluGain = std::numbers::sqrt2;

// The result of an operator, or the network's input.
struct Value {
  std::string name;
  Shape shape;  // of one sample
};

struct Conv2d {
  std::int64_t out;
  Pair kernel = 1, stride = 1, padding = 0, dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  Init init = Init::kaiming_normal(kReluGain);
};
struct Linear {
  std::int64_t out;
  bool bias = true;
  Init init = Init::kaiming_uniform(1.0);
};
struct Norm {
  double eps = 1e-5;
  double momentum = 0.1;  // of the running statistics; batch_norm only
};
struct Pool {
  Pair kernel;
  Pair stride = 0;  // 0: as large as the kernel
  Pair padding = 0;
};

// "block", 3, ".conv" -> "block3.conv"
template <class... Parts>
std::string name(const Parts&... parts) {
  const auto text = [](const auto& part) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(part)>>)
      return std::to_string(part);
    else
      return std::string(part);
  };
  return (std::string() + ... + text(parts));
}

// How a foreign checkpoint names and lays out the same tensors. Each canonical parameter belongs to exactly one rule.
class Dialect {
 public:
  explicit Dialect(std::string dialect_name) : name_(std::move(dialect_name)) {}

  Dialect& tensor(const std::string& foreign, const std::string& canonical, Json::Array transform = {}) {
    Json rule{Json::Object{{"foreign", foreign}, {"canonical", canonical}}};
    if (!transform.empty()) rule.set("transform", std::move(transform));
    return add(std::move(rule));
  }
  // `.weight` and, unless `bias` is false, `.bias`.
  Dialect& layer(const std::string& foreign, const std::string& canonical, bool bias = true) {
    tensor(foreign + ".weight", canonical + ".weight");
    return bias ? tensor(foreign + ".bias", canonical + ".bias") : *this;
  }
  // weight -> scale, bias -> shift.
  Dialect& layer_norm(const std::string& foreign, const std::string& canonical) {
    return tensor(foreign + ".weight", canonical + ".scale").tensor(foreign + ".bias", canonical + ".shift");
  }
  // layer_norm, the running statistics, and num_batches_tracked, which is dropped.
  Dialect& batch_norm(const std::string& foreign, const std::string& canonical) {
    layer_norm(foreign, canonical);
    tensor(foreign + ".running_mean", canonical + ".running_mean");
    tensor(foreign + ".running_var", canonical + ".running_var");
    return add(Json::Object{{"foreign", foreign + ".num_batches_tracked"}, {"ignore", true}});
  }
  // One foreign tensor cut into equal parts along `axis`.
  Dialect& split(const std::string& foreign, const std::vector<std::string>& canonical, std::int64_t axis) {
    return add(Json::Object{
        {"foreign", foreign}, {"canonical", Json::Array(canonical.begin(), canonical.end())}, {"split", axis}});
  }

  Json json() const { return Json::Object{{"name", name_}, {"rules", rules_}}; }

 private:
  Dialect& add(Json rule) {
    rules_.push_back(std::move(rule));
    return *this;
  }
  std::string name_;
  Json::Array rules_;
};

// A finished network.
class Network {
 public:
  Network& dialect(const Dialect& dialect) & {
    dialects_.push_back(dialect.json());
    return *this;
  }
  Network&& dialect(const Dialect& dialect) && { return std::move(this->dialect(dialect)); }

  Json to_json(std::string_view architecture, const Json& config) const {
    return Json::Object{{"schema", "weightloom.network/1"},
                        {"architecture", architecture},
                        {"config", config},
                        {"task", "classification"},
                        {"input", input_},
                        {"output", output_},
                        {"parameters", parameters_},
                        {"nodes", nodes_},
                        {"dialects", dialects_}};
  }

 private:
  friend class NetworkBuilder;
  Json input_;
  std::string output_;
  Json::Array parameters_, nodes_, dialects_;
};

class NetworkBuilder {
 public:
  // The network's one input, [channels, height, width].
  Value image(std::int64_t channels, std::int64_t height, std::int64_t width) {
    return input("image", {channels, height, width});
  }
  Value input(const std::string& input_name, const Shape& shape) {
    claim(names_, input_name);
    network_.input_ = Json::Object{{"name", input_name}, {"shape", Json(shape)}};
    return {input_name, checked(input_name, shape)};
  }

  Value conv2d(const std::string& layer, const Value& x, Conv2d options);
  Value linear(const std::string& layer, const Value& x, Linear options);
  Value batch_norm(const std::string& layer, const Value& x, Norm options = {});
  Value layer_norm(const std::string& layer, const Value& x, Norm options = {});
  Value group_norm(const std::string& layer, const Value& x, std::int64_t groups, Norm options = {});
  // softmax(q k^T / sqrt(D / heads)) v per head; query, key and value are [tokens, D] each.
  Value attention(const Value& query, const Value& key, const Value& value, std::int64_t heads);

  Value relu(const Value& x) { return node("relu", {x}, x.shape); }
  Value gelu(const Value& x) { return node("gelu", {x}, x.shape); }
  Value silu(const Value& x) { return node("silu", {x}, x.shape); }
  Value tanh(const Value& x) { return node("tanh", {x}, x.shape); }
  Value sigmoid(const Value& x) { return node("sigmoid", {x}, x.shape); }
  Value hardswish(const Value& x) { return node("hardswish", {x}, x.shape); }
  Value scale(const Value& x, double factor) { return node("scale", {x}, x.shape, {{"factor", factor}}); }
  Value dropout(const Value& x, double rate) { return node("dropout", {x}, x.shape, {{"rate", rate}}); }
  Value softmax(const Value& x, std::int64_t axis) { return node("softmax", {x}, x.shape, {{"axis", axis}}); }
  Value add(const Value& a, const Value& b) { return elementwise("add", a, b); }
  Value mul(const Value& a, const Value& b) { return elementwise("mul", a, b); }
  Value concat(const std::vector<Value>& parts, std::int64_t axis);

  Value max_pool(const Value& x, Pool options) { return pool("max_pool", x, options); }
  Value avg_pool(const Value& x, Pool options) { return pool("avg_pool", x, options); }
  // [C, H, W] -> [C]
  Value global_avg_pool(const Value& x) {
    return node("global_avg_pool", {image_like("global_avg_pool", x)}, {x.shape[0]});
  }
  Value flatten(const Value& x) { return node("flatten", {x}, {elements(x.shape)}); }
  Value reshape(const Value& x, const Shape& shape);
  Value permute(const Value& x, const std::vector<std::int64_t>& order);
  // The axis is removed.
  Value select(const Value& x, std::int64_t axis, std::int64_t index);

  // [T, D] -> [T+1, D]: a learnt token in front; its parameter carries the layer's name.
  Value prepend_token(const std::string& layer, const Value& x, Init init = Init::normal(0.02));
  // Adds a learnt [T, D]; its parameter carries the layer's name.
  Value add_position(const std::string& layer, const Value& x, Init init = Init::normal(0.02));

  // A linear layer whose result is the network's output.
  Network classifier(const std::string& layer, const Value& x, std::int64_t classes,
                     Init init = Init::kaiming_uniform(1.0)) {
    return finish(linear(layer, x, {.out = classes, .init = std::move(init)}));
  }
  Network finish(const Value& output) {
    network_.output_ = output.name;
    return std::move(network_);
  }

 private:
  using Slots = std::vector<std::pair<std::string, std::string>>;  // slot -> parameter name

  static constexpr std::int64_t kMostElements = std::int64_t{1} << 40;

  [[noreturn]] static void fail(const std::string& where, const std::string& problem) {
    throw ConfigError("the network does not work out at '" + where + "': " + problem);
  }
  static std::string text(const Shape& shape) { return Json(shape).dump(); }
  static std::int64_t elements(const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  static Shape checked(const std::string& where, Shape shape) {
    std::int64_t product = 1;
    for (const auto dimension : shape) {
      if (dimension < 1) fail(where, "shape " + text(shape) + " has a dimension below 1");
      if (dimension > kMostElements / product) fail(where, "shape " + text(shape) + " is too large");
      product *= dimension;
    }
    return shape;
  }
  static void claim(std::set<std::string>& names, const std::string& wanted) {
    if (!names.insert(wanted).second) throw std::logic_error("the name '" + wanted + "' is used twice");
  }
  static const Value& ranked(const std::string& where, const Value& x, std::size_t rank) {
    if (x.shape.size() != rank)
      fail(where, "needs " + std::to_string(rank) + " dimensions, has shape " + text(x.shape));
    return x;
  }
  static const Value& image_like(const std::string& where, const Value& x) { return ranked(where, x, 3); }

  std::string parameter(const std::string& parameter_name, const Shape& shape, const char* role, const Init& init) {
    claim(parameter_names_, parameter_name);
    checked(parameter_name, shape);
    const bool buffer = std::string_view(role).starts_with("running_");
    network_.parameters_.push_back(Json::Object{{"name", parameter_name},
                                                {"shape", Json(shape)},
                                                {"role", role},
                                                {"init", init.json()},
                                                {"trainable", !buffer}});
    return parameter_name;
  }
  std::string fresh_name(const std::string& op) {
    std::string candidate;
    do candidate = op + std::to_string(++counts_[op]);
    while (names_.contains(candidate));
    return candidate;
  }
  Value node(const std::string& op, const std::vector<Value>& inputs, const Shape& shape,
             Json::Object attributes = {}) {
    return node(op, fresh_name(op), inputs, shape, {}, std::move(attributes));
  }
  Value node(const std::string& op, const std::string& node_name, const std::vector<Value>& inputs, const Shape& shape,
             const Slots& parameters, Json::Object attributes);
  Value elementwise(const char* op, const Value& a, const Value& b) {
    if (a.shape != b.shape) fail(op, "shapes " + text(a.shape) + " and " + text(b.shape) + " differ");
    return node(op, {a, b}, a.shape);
  }
  // Output size of a window that slides over [H, W].
  static Shape slide(const std::string& where, const Value& x, std::int64_t channels, Pair kernel, Pair stride,
                     Pair padding, Pair dilation);
  Value pool(const std::string& op, const Value& x, Pool options);
  static std::int64_t axis_of(const std::string& where, const Value& x, std::int64_t axis) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(x.shape.size()))
      fail(where, "axis " + std::to_string(axis) + " of shape " + text(x.shape));
    return axis;
  }

  Network network_;
  std::set<std::string> names_, parameter_names_;
  std::map<std::string, std::int64_t> counts_;
};

inline Value NetworkBuilder::node(const std::string& op, const std::string& node_name, const std::vector<Value>& inputs,
                                  const Shape& shape, const Slots& parameters, Json::Object attributes) {
  claim(names_, node_name);
  Json::Array sources;
  for (const auto& value : inputs) sources.push_back(value.name);
  Json entry{Json::Object{{"name", node_name}, {"op", op}, {"inputs", std::move(sources)}}};
  Json slots{Json::Object{}};
  for (const auto& [slot, parameter_name] : parameters) slots.set(slot, parameter_name);
  if (!parameters.empty()) entry.set("parameters", std::move(slots));
  if (!attributes.empty()) entry.set("attributes", std::move(attributes));
  network_.nodes_.push_back(std::move(entry));
  return {node_name, checked(node_name, shape)};
}

inline Shape NetworkBuilder::slide(const std::string& where, const Value& x, std::int64_t channels, Pair kernel,
                                   Pair stride, Pair padding, Pair dilation) {
  const auto size = [&](std::int64_t in, std::int64_t k, std::int64_t s, std::int64_t p, std::int64_t d) {
    if (in > kMostElements || std::max({k, s, p, d}) > 1 << 20) fail(where, "a size is too large");
    if (std::min({k, s, d}) < 1 || p < 0)
      fail(where, "kernel, stride and dilation must be at least 1, padding at least 0");
    const auto window = d * (k - 1) + 1;
    if (in + 2 * p < window)
      fail(where, "a window of " + std::to_string(window) + " is larger than the padded input of " +
                      std::to_string(in + 2 * p) + "; use a larger input, fewer layers or smaller kernels and pools");
    return (in + 2 * p - window) / s + 1;
  };
  return {channels, size(x.shape[1], kernel.vertical, stride.vertical, padding.vertical, dilation.vertical),
          size(x.shape[2], kernel.horizontal, stride.horizontal, padding.horizontal, dilation.horizontal)};
}

inline Value NetworkBuilder::conv2d(const std::string& layer, const Value& x, Conv2d options) {
  const auto channels = image_like(layer, x).shape[0];
  if (options.groups < 1 || channels % options.groups || options.out % options.groups)
    fail(layer, std::to_string(options.groups) + " groups do not divide " + std::to_string(channels) + " input and " +
                    std::to_string(options.out) + " output channels");
  const auto shape = slide(layer, x, options.out, options.kernel, options.stride, options.padding, options.dilation);
  const Shape weight{options.out, channels / options.groups, options.kernel.vertical, options.kernel.horizontal};
  Slots slots{{"weight", parameter(layer + ".weight", weight, "weight", options.init)}};
  if (options.bias) slots.emplace_back("bias", parameter(layer + ".bias", {options.out}, "bias", Init::zeros()));
  return node("conv2d", layer, {x}, shape, slots,
              {{"stride", options.stride.json()},
               {"padding", options.padding.json()},
               {"dilation", options.dilation.json()},
               {"groups", options.groups}});
}

inline Value NetworkBuilder::linear(const std::string& layer, const Value& x, Linear options) {
  if (x.shape.empty()) fail(layer, "needs at least one dimension");
  Slots slots{{"weight", parameter(layer + ".weight", {options.out, x.shape.back()}, "weight", options.init)}};
  if (options.bias) slots.emplace_back("bias", parameter(layer + ".bias", {options.out}, "bias", Init::zeros()));
  auto shape = x.shape;
  shape.back() = options.out;
  return node("linear", layer, {x}, shape, slots, {});
}

inline Value NetworkBuilder::batch_norm(const std::string& layer, const Value& x, Norm options) {
  if (x.shape.size() != 1) image_like(layer, x);
  const Shape channels{x.shape[0]};
  const Slots slots{{"scale", parameter(layer + ".scale", channels, "scale", Init::ones())},
                    {"shift", parameter(layer + ".shift", channels, "shift", Init::zeros())},
                    {"running_mean", parameter(layer + ".running_mean", channels, "running_mean", Init::zeros())},
                    {"running_var", parameter(layer + ".running_var", channels, "running_var", Init::ones())}};
  return node("batch_norm", layer, {x}, x.shape, slots, {{"eps", options.eps}, {"momentum", options.momentum}});
}

inline Value NetworkBuilder::layer_norm(const std::string& layer, const Value& x, Norm options) {
  if (x.shape.empty()) fail(layer, "needs at least one dimension");
  const Shape width{x.shape.back()};
  const Slots slots{{"scale", parameter(layer + ".scale", width, "scale", Init::ones())},
                    {"shift", parameter(layer + ".shift", width, "shift", Init::zeros())}};
  return node("layer_norm", layer, {x}, x.shape, slots, {{"eps", options.eps}});
}

inline Value NetworkBuilder::group_norm(const std::string& layer, const Value& x, std::int64_t groups, Norm options) {
  const Shape channels{image_like(layer, x).shape[0]};
  if (groups < 1 || channels[0] % groups)
    fail(layer, std::to_string(groups) + " groups do not divide " + std::to_string(channels[0]) + " channels");
  const Slots slots{{"scale", parameter(layer + ".scale", channels, "scale", Init::ones())},
                    {"shift", parameter(layer + ".shift", channels, "shift", Init::zeros())}};
  return node("group_norm", layer, {x}, x.shape, slots, {{"groups", groups}, {"eps", options.eps}});
}

inline Value NetworkBuilder::attention(const Value& query, const Value& key, const Value& value, std::int64_t heads) {
  const auto& shape = ranked("attention", query, 2).shape;
  if (shape != key.shape || shape != value.shape) fail("attention", "query, key and value differ in shape");
  if (heads < 1 || shape[1] % heads)
    fail("attention", std::to_string(heads) + " heads do not divide width " + std::to_string(shape[1]));
  return node("attention", {query, key, value}, shape, {{"heads", heads}});
}

inline Value NetworkBuilder::concat(const std::vector<Value>& parts, std::int64_t axis) {
  if (parts.size() < 2) fail("concat", "needs two or more values");
  const auto index = static_cast<std::size_t>(axis_of("concat", parts[0], axis));
  auto shape = parts[0].shape;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto other = ranked("concat", parts[i], shape.size()).shape;
    shape[index] += std::exchange(other[index], shape[index]);
    other[index] = shape[index];
    if (other != shape) fail("concat", "shapes differ in more than axis " + std::to_string(axis));
  }
  return node("concat", parts, shape, {{"axis", axis}});
}

inline Value NetworkBuilder::pool(const std::string& op, const Value& x, Pool options) {
  if (options.stride.vertical == 0) options.stride = options.kernel;
  const auto shape = slide(op, image_like(op, x), x.shape[0], options.kernel, options.stride, options.padding, 1);
  return node(
      op, {x}, shape,
      {{"kernel", options.kernel.json()}, {"stride", options.stride.json()}, {"padding", options.padding.json()}});
}

inline Value NetworkBuilder::reshape(const Value& x, const Shape& shape) {
  if (elements(checked("reshape", shape)) != elements(x.shape))
    fail("reshape", text(x.shape) + " and " + text(shape) + " hold different numbers of elements");
  return node("reshape", {x}, shape, {{"shape", Json(shape)}});
}

inline Value NetworkBuilder::permute(const Value& x, const std::vector<std::int64_t>& order) {
  Shape shape, seen(x.shape.size(), 0);
  for (const auto axis : order) {
    const auto index = static_cast<std::size_t>(axis_of("permute", x, axis));
    if (seen[index]++) fail("permute", "an axis appears twice");
    shape.push_back(x.shape[index]);
  }
  if (shape.size() != x.shape.size()) fail("permute", "every axis must appear");
  return node("permute", {x}, shape, {{"order", Json(order)}});
}

inline Value NetworkBuilder::select(const Value& x, std::int64_t axis, std::int64_t index) {
  auto shape = x.shape;
  if (index < 0 || index >= shape[static_cast<std::size_t>(axis_of("select", x, axis))])
    fail("select", "index " + std::to_string(index) + " of shape " + text(x.shape));
  shape.erase(shape.begin() + axis);
  return node("select", {x}, shape, {{"axis", axis}, {"index", index}});
}

inline Value NetworkBuilder::prepend_token(const std::string& layer, const Value& x, Init init) {
  const auto& shape = ranked(layer, x, 2).shape;
  const Slots slots{{"token", parameter(layer, {shape[1]}, "class_token", init)}};
  return node("prepend_token", layer, {x}, {shape[0] + 1, shape[1]}, slots, {});
}

inline Value NetworkBuilder::add_position(const std::string& layer, const Value& x, Init init) {
  const Slots slots{{"position", parameter(layer, ranked(layer, x, 2).shape, "position", init)}};
  return node("add_position", layer, {x}, x.shape, slots, {});
}

}  // namespace weightloom::sdk
