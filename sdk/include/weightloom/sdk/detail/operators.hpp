#pragma once
// What the operators of NetworkBuilder write; part of weightloom/sdk/network.hpp.

#include "weightloom/sdk/network.hpp"

namespace weightloom::sdk {

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

inline std::int64_t NetworkBuilder::slide(const std::string& where, std::int64_t in, std::int64_t kernel,
                                          std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
  if (in > kMostElements || std::max({kernel, stride, padding, dilation}) > 1 << 20) fail(where, "a size is too large");
  if (std::min({kernel, stride, dilation}) < 1 || padding < 0)
    fail(where, "kernel, stride and dilation must be at least 1, padding at least 0");
  const auto window = dilation * (kernel - 1) + 1;
  if (in + 2 * padding < window)
    fail(where, "a window of " + std::to_string(window) + " is larger than the padded input of " +
                    std::to_string(in + 2 * padding) +
                    "; use a larger input, fewer layers or smaller kernels and pools");
  return (in + 2 * padding - window) / stride + 1;
}

inline Shape NetworkBuilder::slide(const std::string& where, const Value& x, std::int64_t channels, Pair kernel,
                                   Pair stride, Pair padding, Pair dilation) {
  return {channels, slide(where, x.shape[1], kernel.vertical, stride.vertical, padding.vertical, dilation.vertical),
          slide(where, x.shape[2], kernel.horizontal, stride.horizontal, padding.horizontal, dilation.horizontal)};
}

inline void NetworkBuilder::divides(const std::string& where, std::int64_t groups, std::int64_t channels,
                                    std::int64_t out) const {
  if (groups < 1 || channels % groups || out % groups)
    fail(where, std::to_string(groups) + " groups do not divide " + std::to_string(channels) + " input and " +
                    std::to_string(out) + " output channels");
}

inline Value NetworkBuilder::conv2d(const std::string& layer, const Value& x, Conv2d options) {
  const auto channels = image_like(layer, x).shape[0];
  divides(layer, options.groups, channels, options.out);
  const auto shape = slide(layer, x, options.out, options.kernel, options.stride, options.padding, options.dilation);
  const Shape weight{options.out, channels / options.groups, options.kernel.vertical, options.kernel.horizontal};
  return node("conv2d", layer, {x}, shape, weight_and_bias(layer, weight, options.bias, options.out, options.init),
              {{"stride", options.stride.json()},
               {"padding", options.padding.json()},
               {"dilation", options.dilation.json()},
               {"groups", options.groups}});
}

inline Value NetworkBuilder::conv1d(const std::string& layer, const Value& x, Conv1d options) {
  const auto channels = ranked(layer, x, 2).shape[0];
  divides(layer, options.groups, channels, options.out);
  const auto length = slide(layer, x.shape[1], options.kernel, options.stride, options.padding, options.dilation);
  const Shape weight{options.out, channels / options.groups, options.kernel};
  return node("conv1d", layer, {x}, {options.out, length},
              weight_and_bias(layer, weight, options.bias, options.out, options.init),
              {{"stride", options.stride},
               {"padding", options.padding},
               {"dilation", options.dilation},
               {"groups", options.groups}});
}

inline Value NetworkBuilder::conv3d(const std::string& layer, const Value& x, Conv3d options) {
  const auto channels = ranked(layer, x, 4).shape[0];
  divides(layer, options.groups, channels, options.out);
  const auto size = [&](std::size_t axis, std::int64_t Triple::*along) {
    return slide(layer, x.shape[axis], options.kernel.*along, options.stride.*along, options.padding.*along,
                 options.dilation.*along);
  };
  const Shape weight{options.out, channels / options.groups, options.kernel.depth, options.kernel.vertical,
                     options.kernel.horizontal};
  return node("conv3d", layer, {x},
              {options.out, size(1, &Triple::depth), size(2, &Triple::vertical), size(3, &Triple::horizontal)},
              weight_and_bias(layer, weight, options.bias, options.out, options.init),
              {{"stride", options.stride.json()},
               {"padding", options.padding.json()},
               {"dilation", options.dilation.json()},
               {"groups", options.groups}});
}

inline Value NetworkBuilder::conv_transpose2d(const std::string& layer, const Value& x, ConvTranspose2d options) {
  const auto channels = image_like(layer, x).shape[0];
  divides(layer, options.groups, channels, options.out);
  const auto size = [&](std::int64_t in, std::int64_t Pair::*along) {
    const auto kernel = options.kernel.*along, stride = options.stride.*along, padding = options.padding.*along,
               dilation = options.dilation.*along, more = options.output_padding.*along;
    if (std::max({kernel, stride, padding, dilation, more}) > 1 << 20) fail(layer, "a size is too large");
    if (std::min({kernel, stride, dilation}) < 1 || padding < 0 || more < 0 || more >= std::max(stride, dilation))
      fail(layer,
           "kernel, stride and dilation must be at least 1, padding at least 0, and the output padding below "
           "stride or dilation");
    return (in - 1) * stride - 2 * padding + dilation * (kernel - 1) + more + 1;
  };
  const Shape weight{channels, options.out / options.groups, options.kernel.vertical, options.kernel.horizontal};
  return node("conv_transpose2d", layer, {x},
              {options.out, size(x.shape[1], &Pair::vertical), size(x.shape[2], &Pair::horizontal)},
              weight_and_bias(layer, weight, options.bias, options.out, options.init),
              {{"stride", options.stride.json()},
               {"padding", options.padding.json()},
               {"dilation", options.dilation.json()},
               {"groups", options.groups},
               {"output_padding", options.output_padding.json()}});
}

inline NetworkBuilder::Slots NetworkBuilder::weight_and_bias(const std::string& layer, const Shape& weight, bool bias,
                                                             std::int64_t out, const Init& init) {
  Slots slots{{"weight", parameter(layer + ".weight", weight, "weight", init)}};
  if (bias) slots.emplace_back("bias", parameter(layer + ".bias", {out}, "bias", Init::zeros()));
  return slots;
}

inline Value NetworkBuilder::linear(const std::string& layer, const Value& x, Linear options) {
  if (x.shape.empty()) fail(layer, "needs at least one dimension");
  auto shape = x.shape;
  shape.back() = options.out;
  return node("linear", layer, {x}, shape,
              weight_and_bias(layer, {options.out, x.shape.back()}, options.bias, options.out, options.init), {});
}

inline Value NetworkBuilder::batch_norm(const std::string& layer, const Value& x, Norm options) {
  if (x.shape.empty() || x.shape.size() > 4) fail(layer, "needs 1 to 4 dimensions, has shape " + text(x.shape));
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

inline Value NetworkBuilder::rms_norm(const std::string& layer, const Value& x, Norm options) {
  if (x.shape.empty()) fail(layer, "needs at least one dimension");
  const Slots slots{{"scale", parameter(layer + ".scale", {x.shape.back()}, "scale", Init::ones())}};
  return node("rms_norm", layer, {x}, x.shape, slots, {{"eps", options.eps}});
}

inline Value NetworkBuilder::affine(const std::string& layer, const Value& x, std::int64_t axis, Affine options) {
  const Shape places{x.shape[static_cast<std::size_t>(axis_of(layer, x, axis))]};
  Slots slots{{"scale", parameter(layer + ".scale", places, "scale", Init::constant(options.scale))}};
  if (options.shift) slots.emplace_back("shift", parameter(layer + ".shift", places, "shift", Init::zeros()));
  return node("affine", layer, {x}, x.shape, slots, {{"axis", axis}});
}

inline Value NetworkBuilder::prelu(const std::string& layer, const Value& x, bool of_channels, double slope) {
  if (x.shape.empty()) fail(layer, "needs at least one dimension");
  const Shape shape{of_channels ? x.shape[0] : 1};
  return node("prelu", layer, {x}, x.shape,
              {{"slope", parameter(layer + ".slope", shape, "scale", Init::constant(slope))}}, {});
}

inline Value NetworkBuilder::embedding(const std::string& layer, const Value& tokens, Embedding options) {
  auto shape = tokens.shape;
  shape.push_back(options.width);
  return node("embedding", layer, {tokens}, shape,
              {{"weight", parameter(layer + ".weight", {options.words, options.width}, "embedding", options.init)}},
              {});
}

inline Value NetworkBuilder::recurrent(const char* op, std::int64_t gates, const std::string& layer, const Value& x,
                                       Recurrent options) {
  const auto& shape = ranked(layer, x, 2).shape;
  const auto rows = gates * checked(layer, {options.units})[0];
  Slots slots{{"weight", parameter(layer + ".weight", {rows, shape[1]}, "weight", options.init)},
              {"hidden_weight", parameter(layer + ".hidden_weight", {rows, options.units}, "weight", options.init)}};
  if (options.bias)
    for (const char* key : {"bias", "hidden_bias"})
      slots.emplace_back(key, parameter(layer + "." + key, {rows}, "bias", Init::zeros()));
  return node(op, layer, {x}, {shape[0], options.units}, slots, {{"reverse", options.reverse}});
}

inline Value NetworkBuilder::attend(const std::vector<Value>& inputs, Attention options) {
  const auto &query = inputs[0].shape, &key = inputs[1].shape, &value = inputs[2].shape;
  if (options.key_heads == 0) options.key_heads = options.heads;
  const auto heads = options.heads, key_heads = options.key_heads;
  if (heads < 1 || key_heads < 1 || heads % key_heads)
    fail("attention", std::to_string(key_heads) + " key heads do not divide " + std::to_string(heads) + " heads");
  const bool ranks = query.size() >= 2 && key.size() == query.size() && value == key && same_front(query, key);
  if (!ranks || key.back() * (heads / key_heads) != query.back())
    fail("attention", "query " + text(query) + ", key " + text(key) + " and value " + text(value) + " do not fit");
  if (query.back() % heads)
    fail("attention", std::to_string(heads) + " heads do not divide width " + std::to_string(query.back()));
  return node("attention", inputs, query, {{"heads", heads}, {"key_heads", key_heads}, {"causal", options.causal}});
}

inline Value NetworkBuilder::rotary_position(const Value& x, Rotary options) {
  if (x.shape.size() < 2 || options.heads < 1 || x.shape.back() % options.heads)
    fail("rotary_position", std::to_string(options.heads) + " heads do not divide the width of " + text(x.shape));
  if (options.width == 0) options.width = x.shape.back() / options.heads;
  return node("rotary_position", {x}, x.shape,
              {{"heads", options.heads},
               {"width", options.width},
               {"base", options.base},
               {"interleaved", options.interleaved}});
}

inline Value NetworkBuilder::matmul(const Value& a, const Value& b) {
  const auto rank = a.shape.size();
  if (rank < 2 || b.shape.size() != rank || a.shape[rank - 1] != b.shape[rank - 2] || !same_front(a.shape, b.shape))
    fail("matmul", "shapes " + text(a.shape) + " and " + text(b.shape) + " do not fit");
  auto shape = a.shape;
  shape.back() = b.shape.back();
  return node("matmul", {a, b}, shape);
}

inline Value NetworkBuilder::elementwise(const char* op, const Value& a, const Value& b) {
  const auto &longer = a.shape.size() < b.shape.size() ? b.shape : a.shape,
             &shorter = a.shape.size() < b.shape.size() ? a.shape : b.shape;
  auto shape = longer;
  for (std::size_t i = 1; i <= shorter.size(); ++i) {
    auto& size = shape[shape.size() - i];
    const auto other = shorter[shorter.size() - i];
    if (size != other && size != 1 && other != 1)
      fail(op, "shapes " + text(a.shape) + " and " + text(b.shape) + " differ");
    size = std::max(size, other);
  }
  return node(op, {a, b}, shape);
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

inline Value NetworkBuilder::slice(const Value& x, std::int64_t axis, std::int64_t start, std::int64_t stop,
                                   std::int64_t step) {
  auto shape = x.shape;
  auto& size = shape[static_cast<std::size_t>(axis_of("slice", x, axis))];
  if (start < 0 || start >= stop || stop > size || step < 1)
    fail("slice", "no places from " + std::to_string(start) + " to " + std::to_string(stop) + " in " + text(x.shape));
  size = (stop - start + step - 1) / step;
  return node("slice", {x}, shape, {{"axis", axis}, {"start", start}, {"stop", stop}, {"step", step}});
}

inline std::vector<Value> NetworkBuilder::split(const Value& x, std::int64_t parts, std::int64_t axis) {
  const auto size = x.shape[static_cast<std::size_t>(axis_of("split", x, axis))];
  if (parts < 1 || size % parts) fail("split", std::to_string(parts) + " parts of " + std::to_string(size) + " places");
  std::vector<Value> values;
  for (std::int64_t i = 0; i < parts; ++i) values.push_back(slice(x, axis, size / parts * i, size / parts * (i + 1)));
  return values;
}

inline Value NetworkBuilder::pad(const Value& x, const Shape& before, const Shape& after, double value) {
  auto shape = x.shape;
  if (before.size() != shape.size() || after.size() != shape.size())
    fail("pad", "needs a number before and after for each dimension of " + text(x.shape));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (std::min(before[i], after[i]) < 0) fail("pad", "cannot cut");
    shape[i] += before[i] + after[i];
  }
  return node("pad", {x}, shape, {{"before", Json(before)}, {"after", Json(after)}, {"value", value}});
}

inline Value NetworkBuilder::pad_same(const Value& x, Pair kernel, Pair stride, double value) {
  image_like("pad_same", x);
  const auto missing = [&](std::int64_t size, std::int64_t k, std::int64_t s) {
    if (s < 1) fail("pad_same", "stride must be at least 1");
    return std::max<std::int64_t>(0, ((size + s - 1) / s - 1) * s + k - size);
  };
  const auto rows = missing(x.shape[1], kernel.vertical, stride.vertical),
             columns = missing(x.shape[2], kernel.horizontal, stride.horizontal);
  if (rows + columns == 0) return x;
  return pad(x, {0, rows / 2, columns / 2}, {0, rows - rows / 2, columns - columns / 2}, value);
}

inline Value NetworkBuilder::resize(const Value& x, Pair size, Resize options) {
  return node("resize", {image_like("resize", x)}, {x.shape[0], size.vertical, size.horizontal},
              {{"size", size.json()},
               {"mode", options.bilinear ? "bilinear" : "nearest"},
               {"align_corners", options.align_corners}});
}

inline Value NetworkBuilder::constant(const Shape& shape, const std::vector<double>& values) {
  if (values.size() != 1 && static_cast<std::int64_t>(values.size()) != elements(checked("constant", shape)))
    fail("constant", std::to_string(values.size()) + " values do not fill " + text(shape));
  return node("constant", {}, shape, {{"shape", Json(shape)}, {"values", Json::Array(values.begin(), values.end())}});
}

inline Value NetworkBuilder::mean(const Value& x, std::int64_t axis) {
  auto shape = x.shape;
  axis_of("mean", x, axis);
  shape.erase(shape.begin() + axis);
  if (shape.empty()) fail("mean", "needs two or more dimensions");
  return node("mean", {x}, shape, {{"axis", axis}});
}

inline Value NetworkBuilder::pool(const std::string& op, const Value& x, Pool options) {
  if (options.stride.vertical == 0) options.stride = options.kernel;
  auto shape = slide(op, image_like(op, x), x.shape[0], options.kernel, options.stride, options.padding, 1);
  const auto also_last = [&](std::int64_t count, std::int64_t in, std::int64_t Pair::*along) {
    const auto stride = options.stride.*along, padding = options.padding.*along;
    const bool covered = (count - 1) * stride + options.kernel.*along >= in + 2 * padding;
    return count + (options.ceil_mode && !covered && count * stride < in + padding ? 1 : 0);
  };
  shape[1] = also_last(shape[1], x.shape[1], &Pair::vertical);
  shape[2] = also_last(shape[2], x.shape[2], &Pair::horizontal);
  Json::Object attributes{{"kernel", options.kernel.json()},
                          {"stride", options.stride.json()},
                          {"padding", options.padding.json()},
                          {"ceil_mode", options.ceil_mode}};
  if (op == "avg_pool") attributes.push_back({"count_padding", options.count_padding});
  return node(op, {x}, shape, std::move(attributes));
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

inline std::vector<Value> NetworkBuilder::inputs(const std::vector<Shape>& shapes) {
  std::int64_t total = 0;
  for (const auto& shape : shapes) total += elements(checked("inputs", shape));
  const auto all = input("inputs", {total});
  std::vector<Value> parts;
  std::int64_t start = 0;
  for (const auto& shape : shapes) {
    const auto size = elements(shape);
    parts.push_back(reshape(slice(all, 0, start, start + size, 1), shape));
    start += size;
  }
  return parts;
}

inline Network NetworkBuilder::finish(const std::vector<Value>& outputs, Task task) {
  std::vector<Value> parts;
  for (const auto& output : outputs) parts.push_back(flatten(output));
  return finish(concat(parts, 0), task);
}

inline Value NetworkBuilder::script(const std::string& layer, const std::vector<Value>& inputs, const Script& options) {
  if (options.parameters.size() > 8) fail(layer, "a script reads at most 8 parameters");
  Slots slots;
  for (std::size_t i = 0; i < options.parameters.size(); ++i)
    slots.emplace_back(std::string(1, static_cast<char>('a' + i)), options.parameters[i]);
  return node("script", layer, inputs, options.shape, slots,
              {{"code", options.code}, {"shape", Json(options.shape)}, {"axes", options.axes}});
}

}  // namespace weightloom::sdk
