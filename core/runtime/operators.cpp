#include "operators.hpp"

#include <cmath>
#include <unordered_map>

#include "convolution.hpp"
#include "depthwise.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

using torch::Tensor;
using Pair = std::array<std::int64_t, 2>;

Pair pair(const Json& attributes, const char* name) {
  const auto& value = attributes.at(name);
  return {value.at(0).get<std::int64_t>(), value.at(1).get<std::int64_t>()};
}

// Leading dimensions before those of one sample.
std::int64_t lead(const Value& value) {
  return value.shared ? 1 : 2;
}

// A parameter [P, ...] in front of samples of `rank` dimensions: [P, 1, ..., 1, ...], its own dimensions at `at` (from
// the sample's start).
Tensor against(const Tensor& parameter, std::int64_t rank, std::int64_t at) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(2 + rank), 1);
  sizes[0] = parameter.size(0);
  for (std::int64_t d = 1; d < parameter.dim(); ++d) sizes[static_cast<std::size_t>(1 + at + d)] = parameter.size(d);
  return parameter.reshape(sizes);
}

// Runs `work` on samples as one batch [B, ...], in whichever order of members and images they lie in memory.
template <typename Work>
Value per_sample(const Value& value, Work work) {
  if (value.shared) return {work(value.tensor), true};
  const auto& x = value.tensor;
  const bool swapped = x.size(0) > 1 && x.size(1) > 1 && x.stride(0) < x.stride(1);
  const auto ordered = swapped ? x.transpose(0, 1) : x;
  const auto out = work(ordered.flatten(0, 1));
  auto sizes = out.sizes().vec();
  sizes[0] = ordered.size(1);
  sizes.insert(sizes.begin(), ordered.size(0));
  const auto apart = out.reshape(sizes);
  return {swapped ? apart.transpose(0, 1) : apart, false};
}

Operator elementwise(Tensor (*function)(const Tensor&)) {
  return [function](const OperatorArguments& a) { return Value{function(a.inputs[0].tensor), a.inputs[0].shared}; };
}

Operator fold(Tensor (*function)(const Tensor&, const Tensor&)) {
  return [function](const OperatorArguments& a) {
    Value out = a.inputs[0];
    for (std::size_t i = 1; i < a.inputs.size(); ++i)
      out = {function(out.tensor, a.inputs[i].tensor), out.shared && a.inputs[i].shared};
    return out;
  };
}

Operator conv2d(const NodeSpec& node) {
  const ConvolutionOptions options{pair(node.attributes, "stride"), pair(node.attributes, "padding"),
                                   pair(node.attributes, "dilation"), node.attributes.at("groups").get<std::int64_t>()};
  return [options](const OperatorArguments& a) {
    return Value{convolve(a.inputs[0].tensor, a.inputs[0].shared, a.parameters[0], a.parameters[1], options), false};
  };
}

Value linear(const OperatorArguments& a) {
  const auto& x = a.inputs[0];
  const auto &weight = a.parameters[0], &bias = a.parameters[1];
  const auto population = weight.size(0), features = weight.size(2);
  auto sizes = x.tensor.sizes().vec();
  sizes.back() = weight.size(1);
  if (x.shared) sizes.insert(sizes.begin(), population);
  const auto rows = x.shared ? x.tensor.reshape({1, -1, features}).expand({population, -1, -1})
                             : x.tensor.reshape({population, -1, features});
  const auto columns = weight.transpose(1, 2);
  const auto out = bias.defined() ? at::baddbmm(bias.unsqueeze(1), rows, columns) : at::bmm(rows, columns);
  return {out.view(sizes), false};
}

// [P, N, C, ...] as one batch whose channels are those of all members.
Tensor join_channels(const Tensor& x) {
  return x.transpose(0, 1).flatten(1, 2);
}
Tensor part_channels(const Tensor& x, std::int64_t population) {
  auto sizes = x.sizes().vec();
  sizes[1] /= population;
  sizes.insert(sizes.begin() + 1, population);
  return x.view(sizes).transpose(0, 1);
}

Value batch_norm(const OperatorArguments& a, double epsilon) {
  const auto x = all_members(a.inputs[0], a.context.population).tensor;
  const auto &scale = a.parameters[0], &shift = a.parameters[1], &mean = a.parameters[2], &variance = a.parameters[3];
  const auto population = scale.size(0);
  if (a.context.mode.norm == ExecutionMode::Norm::kBatch) {
    Tensor batch_mean, batch_variance;
    if (a.context.statistics)
      batch_mean = torch::zeros_like(mean).flatten(), batch_variance = torch::ones_like(variance).flatten();
    const auto joined = join_channels(x);
    // Momentum 1 makes the running statistics those of this batch.
    const auto out =
        has_normalise_batch(joined)
            ? normalise_batch(joined, scale.flatten(), shift.flatten(), epsilon, batch_mean, batch_variance)
            : at::batch_norm(joined, scale.flatten(), shift.flatten(), batch_mean, batch_variance,
                             /*training=*/true,
                             /*momentum=*/1.0, epsilon, /*cudnn_enabled=*/false);
    if (a.context.statistics) {
      a.context.statistics->emplace_back(a.indices[2], batch_mean.view_as(mean));
      a.context.statistics->emplace_back(a.indices[3], batch_variance.view_as(variance));
    }
    return {part_channels(out, population), false};
  }
  if (torch::GradMode::is_enabled() && (mean.requires_grad() || variance.requires_grad())) {
    // The library's kernel has no gradient for the statistics.
    const auto factor = scale * (variance + epsilon).rsqrt(), offset = shift - mean * factor;
    const auto rank = x.dim() - 2;
    return {x * against(factor, rank, 0) + against(offset, rank, 0), false};
  }
  const auto out =
      at::batch_norm(join_channels(x), scale.flatten(), shift.flatten(), mean.flatten(), variance.flatten(),
                     /*training=*/false, 0.0, epsilon, /*cudnn_enabled=*/false);
  return {part_channels(out, population), false};
}

Value layer_norm(const OperatorArguments& a, double epsilon) {
  const auto &scale = a.parameters[0], &shift = a.parameters[1];
  const auto& x = a.inputs[0];
  const std::vector<std::int64_t> width{scale.size(1)};
  if (scale.size(0) == 1 && !x.shared) return {at::layer_norm(x.tensor, width, scale[0], shift[0], epsilon), false};
  const auto normalised = at::layer_norm(x.tensor, width, {}, {}, epsilon);
  const auto rank = x.tensor.dim() - lead(x);
  return {torch::addcmul(against(shift, rank, rank - 1), normalised, against(scale, rank, rank - 1)), false};
}

Value group_norm(const OperatorArguments& a, std::int64_t groups, double epsilon) {
  const auto normalised = per_sample(a.inputs[0], [&](const Tensor& x) {
    return at::group_norm(x, groups, {}, {}, epsilon, /*cudnn_enabled=*/false);
  });
  return {torch::addcmul(against(a.parameters[1], 3, 0), normalised.tensor, against(a.parameters[0], 3, 0)), false};
}

// Scaled dot-product attention (Vaswani et al. 2017, eq. 1) per head.
Value attention(const OperatorArguments& a, std::int64_t heads) {
  const auto& query = a.inputs[0];
  const auto width = query.tensor.size(-1) / heads;
  const auto split = [&](const Tensor& x) {
    auto sizes = x.sizes().vec();
    sizes.back() = heads;
    sizes.push_back(width);
    return x.reshape(sizes).transpose(-3, -2);
  };
  const auto scores = torch::matmul(split(query.tensor) / std::sqrt(static_cast<double>(width)),
                                    split(a.inputs[1].tensor).transpose(-2, -1));
  const auto mixed = torch::matmul(torch::softmax(scores, -1), split(a.inputs[2].tensor)).transpose(-3, -2);
  const bool shared = query.shared && a.inputs[1].shared && a.inputs[2].shared;
  return {mixed.flatten(-2, -1), shared};
}

Value concat(const OperatorArguments& a, std::int64_t axis) {
  bool shared = true;
  for (const auto& input : a.inputs) shared &= input.shared;
  std::vector<Tensor> parts;
  for (const auto& input : a.inputs)
    parts.push_back(shared ? input.tensor : all_members(input, a.context.population).tensor);
  return {torch::cat(parts, axis + (shared ? 1 : 2)), shared};
}

// Every member draws from its own generator, so that its masks do not depend on its company.
Value dropout(const OperatorArguments& a, double rate) {
  if (!a.context.mode.dropout || rate == 0) return a.inputs[0];
  auto* generators = a.context.mode.generators;
  if (!generators || static_cast<std::int64_t>(generators->size()) != a.context.population)
    throw Error(ErrorCode::kUsage, "executor.generators", "cannot execute dropout",
                "it needs one generator for each member");
  const auto x = all_members(a.inputs[0], a.context.population).tensor;
  auto mask = torch::empty(x.sizes(), x.options());
  for (std::int64_t p = 0; p < a.context.population; ++p)
    mask[p].bernoulli_(1 - rate, (*generators)[static_cast<std::size_t>(p)]);
  return {x * mask.div_(1 - rate), false};
}

Operator pool(const NodeSpec& node, bool maximum) {
  const auto kernel = pair(node.attributes, "kernel"), stride = pair(node.attributes, "stride"),
             padding = pair(node.attributes, "padding");
  return [=](const OperatorArguments& a) {
    return per_sample(a.inputs[0], [&](const Tensor& x) {
      return maximum ? at::max_pool2d(x, kernel, stride, padding) : at::avg_pool2d(x, kernel, stride, padding);
    });
  };
}

Value reshape(const Value& value, const Shape& shape) {
  auto sizes = value.tensor.sizes().vec();
  sizes.resize(static_cast<std::size_t>(lead(value)));
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return {value.tensor.reshape(sizes), value.shared};
}

Value permute(const Value& value, const Shape& order) {
  std::vector<std::int64_t> axes;
  for (std::int64_t i = 0; i < lead(value); ++i) axes.push_back(i);
  for (auto axis : order) axes.push_back(axis + lead(value));
  return {value.tensor.permute(axes), value.shared};
}

Value prepend_token(const OperatorArguments& a) {
  const auto x = all_members(a.inputs[0], a.context.population).tensor;
  const auto token = a.parameters[0].unsqueeze(1).unsqueeze(1).expand({-1, x.size(1), 1, -1});
  return {torch::cat({token, x}, 2), false};
}

using Maker = Operator (*)(const NodeSpec&);

const std::unordered_map<std::string, Maker>& makers() {
  static const std::unordered_map<std::string, Maker> table{
      {"conv2d", conv2d},
      {"linear", [](const NodeSpec&) { return Operator{linear}; }},
      {"batch_norm",
       [](const NodeSpec& node) {
         const auto epsilon = node.attributes.at("eps").get<double>();
         return Operator{[=](const OperatorArguments& a) { return batch_norm(a, epsilon); }};
       }},
      {"layer_norm",
       [](const NodeSpec& node) {
         const auto epsilon = node.attributes.at("eps").get<double>();
         return Operator{[=](const OperatorArguments& a) { return layer_norm(a, epsilon); }};
       }},
      {"group_norm",
       [](const NodeSpec& node) {
         const auto groups = node.attributes.at("groups").get<std::int64_t>();
         const auto epsilon = node.attributes.at("eps").get<double>();
         return Operator{[=](const OperatorArguments& a) { return group_norm(a, groups, epsilon); }};
       }},
      {"attention",
       [](const NodeSpec& node) {
         const auto heads = node.attributes.at("heads").get<std::int64_t>();
         return Operator{[=](const OperatorArguments& a) { return attention(a, heads); }};
       }},
      {"add", [](const NodeSpec&) { return Operator{fold([](const Tensor& x, const Tensor& y) { return x + y; })}; }},
      {"mul", [](const NodeSpec&) { return Operator{fold([](const Tensor& x, const Tensor& y) { return x * y; })}; }},
      {"concat",
       [](const NodeSpec& node) {
         const auto axis = node.attributes.at("axis").get<std::int64_t>();
         return Operator{[=](const OperatorArguments& a) { return concat(a, axis); }};
       }},
      {"relu", [](const NodeSpec&) { return Operator{elementwise([](const Tensor& x) { return torch::relu(x); })}; }},
      {"gelu", [](const NodeSpec&) { return Operator{elementwise([](const Tensor& x) { return torch::gelu(x); })}; }},
      {"silu", [](const NodeSpec&) { return Operator{elementwise([](const Tensor& x) { return torch::silu(x); })}; }},
      {"tanh", [](const NodeSpec&) { return Operator{elementwise([](const Tensor& x) { return torch::tanh(x); })}; }},
      {"sigmoid",
       [](const NodeSpec&) { return Operator{elementwise([](const Tensor& x) { return torch::sigmoid(x); })}; }},
      {"hardswish",
       [](const NodeSpec&) { return Operator{elementwise([](const Tensor& x) { return torch::hardswish(x); })}; }},
      {"scale",
       [](const NodeSpec& node) {
         const auto factor = node.attributes.at("factor").get<double>();
         return Operator{[=](const OperatorArguments& a) {
           return Value{a.inputs[0].tensor * factor, a.inputs[0].shared};
         }};
       }},
      {"dropout",
       [](const NodeSpec& node) {
         const auto rate = node.attributes.at("rate").get<double>();
         return Operator{[=](const OperatorArguments& a) { return dropout(a, rate); }};
       }},
      {"softmax",
       [](const NodeSpec& node) {
         const auto axis = node.attributes.at("axis").get<std::int64_t>();
         return Operator{[=](const OperatorArguments& a) {
           const auto& x = a.inputs[0];
           return Value{torch::softmax(x.tensor, axis + lead(x)), x.shared};
         }};
       }},
      {"max_pool", [](const NodeSpec& node) { return pool(node, true); }},
      {"avg_pool", [](const NodeSpec& node) { return pool(node, false); }},
      {"global_avg_pool",
       [](const NodeSpec&) {
         return Operator{[](const OperatorArguments& a) {
           return Value{a.inputs[0].tensor.mean(std::vector<std::int64_t>{-2, -1}), a.inputs[0].shared};
         }};
       }},
      {"flatten",
       [](const NodeSpec&) { return Operator{[](const OperatorArguments& a) { return reshape(a.inputs[0], {-1}); }}; }},
      {"reshape",
       [](const NodeSpec& node) {
         const auto shape = node.attributes.at("shape").get<Shape>();
         return Operator{[=](const OperatorArguments& a) { return reshape(a.inputs[0], shape); }};
       }},
      {"permute",
       [](const NodeSpec& node) {
         const auto order = node.attributes.at("order").get<Shape>();
         return Operator{[=](const OperatorArguments& a) { return permute(a.inputs[0], order); }};
       }},
      {"prepend_token", [](const NodeSpec&) { return Operator{prepend_token}; }},
      {"add_position",
       [](const NodeSpec&) {
         return Operator{[](const OperatorArguments& a) {
           return Value{a.inputs[0].tensor + a.parameters[0].unsqueeze(1), false};
         }};
       }},
      {"select", [](const NodeSpec& node) {
         const auto axis = node.attributes.at("axis").get<std::int64_t>(),
                    index = node.attributes.at("index").get<std::int64_t>();
         return Operator{[=](const OperatorArguments& a) {
           const auto& x = a.inputs[0];
           return Value{x.tensor.select(axis + lead(x), index), x.shared};
         }};
       }}};
  return table;
}

}  // namespace

Value all_members(const Value& value, std::int64_t population) {
  if (!value.shared) return value;
  auto sizes = value.tensor.sizes().vec();
  sizes.insert(sizes.begin(), population);
  return {value.tensor.unsqueeze(0).expand(sizes), false};
}

Operator bind_operator(const NodeSpec& node) {
  const auto found = makers().find(node.op);
  if (found == makers().end())
    throw Error(ErrorCode::kUsage, "executor.operator", "cannot execute node '" + node.name + "'",
                "the operator '" + node.op + "' is not known");
  return found->second(node);
}

std::vector<std::string> executable_operators() {
  std::vector<std::string> names;
  for (const auto& [name, maker] : makers()) names.push_back(name);
  return names;
}

}  // namespace weightloom
