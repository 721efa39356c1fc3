#include "families.hpp"
#include "population.hpp"

namespace weightloom {
namespace {

// What is the same for all images, or for all members, is repeated where others are not.
Operator concat(const NodeSpec& node) {
  const auto axis = integer_attribute(node, "axis");
  return [=](const OperatorArguments& a) {
    bool shared = true;
    std::int64_t images = 1;
    for (const auto& input : a.inputs) {
      shared &= input.shared;
      images = std::max(images, input.tensor.size(lead(input) - 1));
    }
    std::vector<torch::Tensor> parts;
    for (const auto& input : a.inputs) {
      const auto part = shared ? input.tensor : all_members(input, a.context.population).tensor;
      auto sizes = part.sizes().vec();
      sizes[shared ? 0 : 1] = images;
      parts.push_back(part.expand(sizes));
    }
    return Value{torch::cat(parts, axis + (shared ? 1 : 2)), shared};
  };
}

Operator slice(const NodeSpec& node) {
  const auto axis = integer_attribute(node, "axis"), start = integer_attribute(node, "start"),
             stop = integer_attribute(node, "stop"), step = integer_attribute(node, "step");
  return [=](const OperatorArguments& a) {
    const auto& x = a.inputs[0];
    return Value{x.tensor.slice(axis + lead(x), start, stop, step), x.shared};
  };
}

Operator pad(const NodeSpec& node) {
  const auto before = node.attributes.at("before").get<Shape>(), after = node.attributes.at("after").get<Shape>();
  const auto value = number_attribute(node, "value");
  std::vector<std::int64_t> amounts;  // the library begins with the last dimension
  for (std::size_t i = before.size(); i-- > 0;) amounts.insert(amounts.end(), {before[i], after[i]});
  return [=](const OperatorArguments& a) {
    return Value{at::constant_pad_nd(a.inputs[0].tensor, amounts, value), a.inputs[0].shared};
  };
}

Operator resize(const NodeSpec& node) {
  const auto size = pair_attribute(node, "size");
  const bool nearest = node.attributes.at("mode") == "nearest", corners = flag_attribute(node, "align_corners");
  return [=](const OperatorArguments& a) {
    return per_sample(a.inputs[0], [&](const torch::Tensor& x) {
      return nearest ? at::upsample_nearest2d(x, size) : at::upsample_bilinear2d(x, size, corners);
    });
  };
}

Value reshape(const Value& value, const Shape& shape) {
  auto sizes = value.tensor.sizes().vec();
  sizes.resize(static_cast<std::size_t>(lead(value)));
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return {value.tensor.reshape(sizes), value.shared};
}

Operator bind_reshape(const NodeSpec& node) {
  const auto shape = node.attributes.at("shape").get<Shape>();
  return [=](const OperatorArguments& a) { return reshape(a.inputs[0], shape); };
}

Operator permute(const NodeSpec& node) {
  const auto order = node.attributes.at("order").get<Shape>();
  return [=](const OperatorArguments& a) {
    const auto& x = a.inputs[0];
    std::vector<std::int64_t> axes;
    for (std::int64_t i = 0; i < lead(x); ++i) axes.push_back(i);
    for (auto axis : order) axes.push_back(axis + lead(x));
    return Value{x.tensor.permute(axes), x.shared};
  };
}

Value prepend_token(const OperatorArguments& a) {
  const auto x = all_members(a.inputs[0], a.context.population).tensor;
  const auto token = a.parameters[0].unsqueeze(1).unsqueeze(1).expand({-1, x.size(1), 1, -1});
  return {torch::cat({token, x}, 2), false};
}

Value add_position(const OperatorArguments& a) {
  return {a.inputs[0].tensor + a.parameters[0].unsqueeze(1), false};
}

Operator select(const NodeSpec& node) {
  const auto axis = integer_attribute(node, "axis"), index = integer_attribute(node, "index");
  return [=](const OperatorArguments& a) {
    const auto& x = a.inputs[0];
    return Value{x.tensor.select(axis + lead(x), index), x.shared};
  };
}

// One image stands for all: what it meets repeats it.
Operator constant(const NodeSpec& node) {
  auto sizes = node.attributes.at("shape").get<Shape>();
  sizes.insert(sizes.begin(), 1);
  const auto values = node.attributes.at("values").get<std::vector<float>>();
  const auto tensor = torch::tensor(values, torch::kFloat);
  const Value value{values.size() == 1 ? tensor.expand(sizes) : tensor.view(sizes), true};
  return [=](const OperatorArguments&) { return value; };
}

}  // namespace

OperatorMakers layout_makers() {
  return {
      {"concat", concat},
      {"slice", slice},
      {"pad", pad},
      {"resize", resize},
      {"flatten",
       [](const NodeSpec&) { return Operator{[](const OperatorArguments& a) { return reshape(a.inputs[0], {-1}); }}; }},
      {"reshape", bind_reshape},
      {"permute", permute},
      {"prepend_token", [](const NodeSpec&) { return Operator{prepend_token}; }},
      {"add_position", [](const NodeSpec&) { return Operator{add_position}; }},
      {"select", select},
      {"constant", constant}};
}

}  // namespace weightloom
