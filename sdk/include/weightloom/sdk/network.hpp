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

#include <algorithm>
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

// [depth, vertical, horizontal]; one number means all.
struct Triple {
  std::int64_t depth, vertical, horizontal;
  constexpr Triple(std::int64_t all) : depth(all), vertical(all), horizontal(all) {}
  constexpr Triple(std::int64_t d, std::int64_t v, std::int64_t h) : depth(d), vertical(v), horizontal(h) {}
  Json json() const { return Json::Array{depth, vertical, horizontal}; }
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
struct Conv1d {
  std::int64_t out;
  std::int64_t kernel = 1, stride = 1, padding = 0, dilation = 1, groups = 1;
  bool bias = true;
  Init init = Init::kaiming_normal(kReluGain);
};
struct Conv3d {
  std::int64_t out;
  Triple kernel = 1, stride = 1, padding = 0, dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  Init init = Init::kaiming_normal(kReluGain);
};
struct ConvTranspose2d {
  std::int64_t out;
  Pair kernel = 1, stride = 1, padding = 0, dilation = 1, output_padding = 0;
  std::int64_t groups = 1;
  bool bias = true;
  Init init = Init::kaiming_uniform(1.0);
};
struct Linear {
  std::int64_t out;
  bool bias = true;
  Init init = Init::kaiming_uniform(1.0);
};
struct Embedding {
  std::int64_t words, width;
  Init init = Init::normal(0.02);
};
// One layer in one direction, from a state of zeros.
struct Recurrent {
  std::int64_t units;
  bool bias = true;
  bool reverse = false;  // from the last token to the first
  Init init = Init::kaiming_uniform(1.0);
};
struct Affine {
  bool shift = true;
  double scale = 1;  // of fresh values
};
struct Attention {
  std::int64_t heads;
  std::int64_t key_heads = 0;  // 0: as many as heads; fewer: each serves heads / key_heads of them
  bool causal = false;         // a query sees no key that comes after it
};
struct Rotary {
  std::int64_t heads;
  std::int64_t width = 0;  // places of a head that turn, from the first; 0: all
  double base = 10000;
  bool interleaved = false;  // pairs are (0, 1), (2, 3), ...; else (0, width / 2), (1, width / 2 + 1), ...
};
struct Resize {
  bool bilinear = false;  // else the nearest pixel
  bool align_corners = false;
};
struct Norm {
  double eps = 1e-5;
  double momentum = 0.1;  // of the running statistics; batch_norm only
};
struct Pool {
  Pair kernel;
  Pair stride = 0;  // 0: as large as the kernel
  Pair padding = 0;
  bool ceil_mode = false;     // a last window that reaches beyond the image counts
  bool count_padding = true;  // avg_pool only: padding counts as zeros
};

// TorchScript for what no operator says: `code` defines forward(inputs..., parameters...), each tensor [n, ...] of an
// input for n samples or a parameter, and returns [n, ...] of `shape`.
struct Script {
  std::string code;
  Shape shape;       // of one sample
  std::string axes;  // the independent axes, such as "ct,c->ct" (docs/network_description.md, "Scripts"); empty: none
  std::vector<std::string> parameters;  // of NetworkBuilder::raw_parameter(), at most eight
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

// A step from a foreign tensor's layout to ours.
class Transform {
 public:
  static Transform transpose(const Shape& order) { return Transform(Json::Object{{"transpose", Json(order)}}); }
  static Transform reshape(const Shape& from, const Shape& to) {
    return Transform(Json::Object{{"reshape", Json::Object{{"from", Json(from)}, {"to", Json(to)}}}});
  }
  static Transform squeeze(std::int64_t axis) { return Transform(Json::Object{{"squeeze", axis}}); }
  static Transform unsqueeze(std::int64_t axis) { return Transform(Json::Object{{"unsqueeze", axis}}); }
  const Json& json() const { return step_; }

 private:
  explicit Transform(Json::Object step) : step_(std::move(step)) {}
  Json step_;
};
using Transforms = std::vector<Transform>;

// How a foreign checkpoint names and lays out the same tensors. Each canonical parameter belongs to exactly one rule.
class Dialect {
 public:
  explicit Dialect(std::string dialect_name) : name_(std::move(dialect_name)) {}

  Dialect& tensor(const std::string& foreign, const std::string& canonical, const Transforms& steps = {}) {
    return add(Json::Object{{"foreign", foreign}, {"canonical", canonical}}, steps);
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
    return ignore(foreign + ".num_batches_tracked");
  }
  // One foreign tensor, transformed and cut into equal parts along `axis`.
  Dialect& split(const std::string& foreign, const std::vector<std::string>& canonical, std::int64_t axis,
                 const Transforms& steps = {}) {
    return add(
        Json::Object{
            {"foreign", foreign}, {"canonical", Json::Array(canonical.begin(), canonical.end())}, {"split", axis}},
        steps);
  }
  // Several foreign tensors of these sizes, joined along `axis` and transformed.
  Dialect& concat(const std::vector<std::string>& foreign, const std::string& canonical, std::int64_t axis,
                  const Shape& sizes, const Transforms& steps = {}) {
    return add(Json::Object{{"foreign", Json::Array(foreign.begin(), foreign.end())},
                            {"canonical", canonical},
                            {"concat", axis},
                            {"sizes", Json(sizes)}},
               steps);
  }
  // Dropped on import where it is present, not written on export.
  Dialect& ignore(const std::string& foreign) { return add(Json::Object{{"foreign", foreign}, {"ignore", true}}, {}); }

  Json json() const { return Json::Object{{"name", name_}, {"rules", rules_}}; }

 private:
  Dialect& add(Json rule, const Transforms& steps) {
    Json::Array list;
    for (const auto& step : steps) list.push_back(step.json());
    if (!list.empty()) rule.set("transform", std::move(list));
    rules_.push_back(std::move(rule));
    return *this;
  }
  std::string name_;
  Json::Array rules_;
};

// What the output of a network is, for one sample.
enum class Task {
  kClassification,  // [classes]
  kSegmentation,    // [classes, height, width]: a class for each pixel
  kSequence,        // [tokens, classes]: a class for each token, such as the next token
  kRegression,      // [values]
  kEmbedding        // [values] that others go on from; there is no loss
};
inline const char* task_name(Task task) {
  switch (task) {
    case Task::kSegmentation:
      return "segmentation";
    case Task::kSequence:
      return "sequence";
    case Task::kRegression:
      return "regression";
    case Task::kEmbedding:
      return "embedding";
    default:
      return "classification";
  }
}

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
                        {"task", task_},
                        {"input", input_},
                        {"output", output_},
                        {"parameters", parameters_},
                        {"nodes", nodes_},
                        {"dialects", dialects_}};
  }

 private:
  friend class NetworkBuilder;
  Json input_;
  std::string task_ = "classification", output_;
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
  // Several inputs as parts of one: a sample has their values one after the other, each in C order. Parts may hold
  // tokens.
  std::vector<Value> inputs(const std::vector<Shape>& shapes);
  // A sequence of `length` tokens, the numbers 0 .. words - 1.
  Value tokens(std::int64_t length, std::int64_t words) {
    const auto value = input("tokens", {length});
    network_.input_.set("tokens", words);
    return value;
  }

  Value conv2d(const std::string& layer, const Value& x, Conv2d options);
  Value conv1d(const std::string& layer, const Value& x, Conv1d options);  // [C, L]
  Value conv3d(const std::string& layer, const Value& x, Conv3d options);  // [C, D, H, W]
  // The gradient of conv2d with respect to its input: [C, H, W] -> [out, H', W'], H' = (H - 1) stride - 2 padding +
  // dilation (kernel - 1) + output padding + 1.
  Value conv_transpose2d(const std::string& layer, const Value& x, ConvTranspose2d options);
  Value linear(const std::string& layer, const Value& x, Linear options);
  // Tokens [...] (numbers from 0 to words - 1) -> [..., width].
  Value embedding(const std::string& layer, const Value& tokens, Embedding options);
  // [T, I] -> [T, units].
  Value lstm(const std::string& layer, const Value& x, Recurrent options) {
    return recurrent("lstm", 4, layer, x, std::move(options));
  }
  Value gru(const std::string& layer, const Value& x, Recurrent options) {
    return recurrent("gru", 3, layer, x, std::move(options));
  }
  Value batch_norm(const std::string& layer, const Value& x, Norm options = {});
  Value layer_norm(const std::string& layer, const Value& x, Norm options = {});
  Value group_norm(const std::string& layer, const Value& x, std::int64_t groups, Norm options = {});
  Value rms_norm(const std::string& layer, const Value& x, Norm options = {});
  // A learnt factor, and shift, for each place along `axis`; layer scale has no shift.
  Value affine(const std::string& layer, const Value& x, std::int64_t axis, Affine options = {});

  // softmax(q k^T / sqrt(head width) + mask) v per head: query [..., T, D], key and value [..., S, D * key_heads /
  // heads].
  Value attention(const Value& query, const Value& key, const Value& value, std::int64_t heads) {
    return attention(query, key, value, Attention{.heads = heads});
  }
  Value attention(const Value& query, const Value& key, const Value& value, Attention options) {
    return attend({query, key, value}, options);
  }
  // `mask` is added to the scores: [..., heads, T, S], or 1 where it is the same.
  Value attention(const Value& query, const Value& key, const Value& value, const Value& mask, Attention options) {
    return attend({query, key, value, mask}, options);
  }
  // Turns queries or keys [..., T, D] by their place, before attention().
  Value rotary_position(const Value& x, Rotary options);
  // [..., M, K] and [..., K, N] -> [..., M, N].
  Value matmul(const Value& a, const Value& b);

  Value relu(const Value& x) { return node("relu", {x}, x.shape); }
  Value relu6(const Value& x) { return node("relu6", {x}, x.shape); }
  Value leaky_relu(const Value& x, double slope = 0.01) { return node("leaky_relu", {x}, x.shape, {{"slope", slope}}); }
  Value elu(const Value& x, double alpha = 1) { return node("elu", {x}, x.shape, {{"alpha", alpha}}); }
  // A learnt slope below zero, one for all or one for each channel (the first dimension).
  Value prelu(const std::string& layer, const Value& x, bool of_channels = false, double slope = 0.25);
  Value clamp(const Value& x, double least, double most) {
    return node("clamp", {x}, x.shape, {{"least", least}, {"most", most}});
  }
  Value gelu(const Value& x) { return node("gelu", {x}, x.shape, {{"approximate", "none"}}); }
  Value gelu_tanh(const Value& x) { return node("gelu", {x}, x.shape, {{"approximate", "tanh"}}); }
  Value softplus(const Value& x) { return node("softplus", {x}, x.shape); }
  Value mish(const Value& x) { return node("mish", {x}, x.shape); }
  Value silu(const Value& x) { return node("silu", {x}, x.shape); }
  Value tanh(const Value& x) { return node("tanh", {x}, x.shape); }
  Value sigmoid(const Value& x) { return node("sigmoid", {x}, x.shape); }
  Value hardswish(const Value& x) { return node("hardswish", {x}, x.shape); }
  Value hardsigmoid(const Value& x) { return node("hardsigmoid", {x}, x.shape); }
  Value scale(const Value& x, double factor) { return node("scale", {x}, x.shape, {{"factor", factor}}); }
  Value dropout(const Value& x, double rate) { return node("dropout", {x}, x.shape, {{"rate", rate}}); }
  // Leaves whole samples out while training (of a branch that is added to what it began with).
  Value stochastic_depth(const Value& x, double rate) {
    return node("stochastic_depth", {x}, x.shape, {{"rate", rate}});
  }
  Value softmax(const Value& x, std::int64_t axis) { return node("softmax", {x}, x.shape, {{"axis", axis}}); }
  // Shapes are aligned at their ends; a dimension of 1 is repeated.
  Value add(const Value& a, const Value& b) { return elementwise("add", a, b); }
  Value mul(const Value& a, const Value& b) { return elementwise("mul", a, b); }
  Value concat(const std::vector<Value>& parts, std::int64_t axis);
  // The places start, start + step, ... before stop.
  Value slice(const Value& x, std::int64_t axis, std::int64_t start, std::int64_t stop, std::int64_t step = 1);
  // Equal parts.
  std::vector<Value> split(const Value& x, std::int64_t parts, std::int64_t axis);
  // Places with `value` around each dimension.
  Value pad(const Value& x, const Shape& before, const Shape& after, double value = 0);
  // [C, H, W] as "same" padding has it: a window that follows leaves ceil(size / stride), the odd place at the end.
  Value pad_same(const Value& x, Pair kernel, Pair stride = 1, double value = 0);
  Value resize(const Value& x, Pair size, Resize options = {});
  // The same for every sample: one value for all places, or all of them in C order.
  Value constant(const Shape& shape, const std::vector<double>& values);

  Value max_pool(const Value& x, Pool options) { return pool("max_pool", x, options); }
  Value avg_pool(const Value& x, Pool options) { return pool("avg_pool", x, options); }
  // [C, H, W] -> [C]
  Value global_avg_pool(const Value& x) {
    return node("global_avg_pool", {image_like("global_avg_pool", x)}, {x.shape[0]});
  }
  Value global_max_pool(const Value& x) {
    return node("global_max_pool", {image_like("global_max_pool", x)}, {x.shape[0]});
  }
  // The axis is removed.
  Value mean(const Value& x, std::int64_t axis);
  Value flatten(const Value& x) { return node("flatten", {x}, {elements(x.shape)}); }
  Value reshape(const Value& x, const Shape& shape);
  Value permute(const Value& x, const std::vector<std::int64_t>& order);
  // The axis is removed.
  Value select(const Value& x, std::int64_t axis, std::int64_t index);

  // [T, D] -> [T+1, D]: a learnt token in front; its parameter carries the layer's name.
  Value prepend_token(const std::string& layer, const Value& x, Init init = Init::normal(0.02));
  // Adds a learnt [T, D]; its parameter carries the layer's name.
  Value add_position(const std::string& layer, const Value& x, Init init = Init::normal(0.02));

  // From here on `parameter_name` means `existing`: both nodes read one parameter (a tied head). Where there is none
  // when it is asked for, or nothing asks for it, std::logic_error.
  void share(const std::string& parameter_name, const std::string& existing) { shared_[parameter_name] = existing; }
  // Parameters called `name`, or `name.` and more, are not trained; where there are none, std::logic_error.
  void freeze(const std::string& parameter_name) { frozen_.push_back(parameter_name); }

  // For operators that this SDK has no function for (docs/network_description.md): a parameter, and a node that reads
  // parameters under its keys. `shape` is the output's.
  std::string raw_parameter(const std::string& parameter_name, const Shape& shape, const std::string& role,
                            const Init& init) {
    return parameter(parameter_name, shape, role.c_str(), init);
  }
  Value raw_node(const std::string& op, const std::string& layer, const std::vector<Value>& inputs, const Shape& shape,
                 const std::vector<std::pair<std::string, std::string>>& parameters, Json::Object attributes) {
    return node(op, layer, inputs, shape, parameters, std::move(attributes));
  }

  Value script(const std::string& layer, const std::vector<Value>& inputs, const Script& options);

  // A linear layer whose result is the network's output.
  Network classifier(const std::string& layer, const Value& x, std::int64_t classes,
                     Init init = Init::kaiming_uniform(1.0)) {
    return finish(linear(layer, x, {.out = classes, .init = std::move(init)}));
  }
  // `task`: what the output is (docs/network_description.md, "Tasks").
  Network finish(const Value& output, Task task = Task::kClassification) {
    network_.task_ = task_name(task);
    network_.output_ = output.name;
    for (const auto& name : frozen_) freeze_now(name);
    for (const auto& [name, existing] : shared_)
      if (!read_as_shared_.contains(name))
        throw std::logic_error("nothing reads '" + name + "', which was to share '" + existing + "'");
    return std::move(network_);
  }

  // Several outputs as parts of one [values], one after the other, each in C order.
  Network finish(const std::vector<Value>& outputs, Task task);

 private:
  using Slots = std::vector<std::pair<std::string, std::string>>;  // slot -> parameter name

  // What a description may say (docs/network_description.md).
  static constexpr std::int64_t kMostElements = std::int64_t{1} << 40, kMostDimension = (std::int64_t{1} << 31) - 1;

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
      if (dimension > std::min(kMostDimension, kMostElements / product))
        fail(where, "shape " + text(shape) + " is too large");
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
    if (const auto shared = shared_.find(parameter_name); shared != shared_.end()) {
      const auto existing = parameter_shapes_.find(shared->second);
      if (existing == parameter_shapes_.end())
        throw std::logic_error("there is no parameter '" + shared->second + "' to share");
      if (existing->second != shape)
        fail(parameter_name,
             "shares '" + shared->second + "' of shape " + text(existing->second) + ", needs " + text(shape));
      read_as_shared_.insert(parameter_name);
      return shared->second;
    }
    if (!parameter_shapes_.emplace(parameter_name, checked(parameter_name, shape)).second)
      throw std::logic_error("the name '" + parameter_name + "' is used twice");
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
  // Of two shapes of one rank, all dimensions but the last two.
  static bool same_front(const Shape& a, const Shape& b) { return std::equal(a.begin(), a.end() - 2, b.begin()); }
  void freeze_now(const std::string& name) {
    bool found = false;
    for (auto& entry : network_.parameters_) {
      const auto parameter_name = entry.find("name")->string();
      if (parameter_name != name && !parameter_name.starts_with(name + ".")) continue;
      entry.set("trainable", false);
      found = true;
    }
    if (!found) throw std::logic_error("there is no parameter '" + name + "' to freeze");
  }
  Value elementwise(const char* op, const Value& a, const Value& b);
  Value recurrent(const char* op, std::int64_t gates, const std::string& layer, const Value& x, Recurrent options);
  Value attend(const std::vector<Value>& inputs, Attention options);
  Slots weight_and_bias(const std::string& layer, const Shape& weight, bool bias, std::int64_t out, const Init& init);
  void divides(const std::string& where, std::int64_t groups, std::int64_t channels, std::int64_t out) const;
  // How often a window fits along one dimension.
  static std::int64_t slide(const std::string& where, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                            std::int64_t padding, std::int64_t dilation);
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
  std::set<std::string> names_;
  std::map<std::string, Shape> parameter_shapes_;
  std::map<std::string, std::string> shared_;
  std::set<std::string> read_as_shared_;
  std::vector<std::string> frozen_;
  std::map<std::string, std::int64_t> counts_;
};

}  // namespace weightloom::sdk

#include "weightloom/sdk/detail/operators.hpp"
