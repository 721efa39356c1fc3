#include "weightloom/runtime/example_gradients.hpp"

#include <torch/autograd.h>

#include <algorithm>
#include <unordered_map>

#include "operators.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/operators.hpp"

namespace weightloom {
namespace {

// Values of one job's execution: few enough to stay near the caches.
constexpr std::int64_t kMostJobValues = std::int64_t{1} << 21;

constexpr std::int64_t kFixed = -1;  // the column of a parameter that is not asked for

// Gradients of some examples for the parameters of one node. Every example has a copy of them to itself, so that one
// backward pass through the node gives a gradient for each.
class NodeGradients {
 public:
  // inputs [e, ...] each; columns: of each of the description's parameters, where its gradient goes.
  NodeGradients(const NodeSpec& node, const std::vector<torch::Tensor>& inputs, const NetworkDescription& description,
                const Weights& weights, const std::vector<std::int64_t>& columns) {
    const auto examples = inputs.front().size(0);
    std::vector<std::size_t> indices;
    const ExecutionMode mode;
    const ExecutionContext context{mode, examples, nullptr};
    OperatorArguments arguments{{}, {}, indices, context};
    for (const auto& input : inputs) arguments.inputs.push_back({input.detach().unsqueeze(1), false});
    for (const auto& rule : find_operator(node.op)->parameters) {
      const auto* name = node.parameter(rule.key);
      auto& own = arguments.parameters.emplace_back();
      if (!name) continue;
      const auto p = *description.find_parameter(*name);
      auto sizes = weights.tensors[p].sizes().vec();
      sizes[0] = examples;
      own = weights.tensors[p].detach().expand(sizes);
      if (columns[p] == kFixed) continue;
      leaves_.push_back(own = own.detach().requires_grad_());
      columns_.push_back(columns[p]);
    }
    value_ = bind_operator(node)(arguments).tensor;
  }

  // `gradient` [e, ...] is that of the node's value; what follows for its parameters is added to rows [e, values].
  void add(const torch::Tensor& gradient, const torch::Tensor& rows) const {
    const auto found = torch::autograd::grad({value_}, leaves_, {gradient.unsqueeze(1)}, /*retain_graph=*/true);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto own = found[i].flatten(1);
      rows.narrow(1, columns_[i], own.size(1)).add_(own);
    }
  }

 private:
  torch::Tensor value_;  // [e, 1, ...]
  std::vector<torch::Tensor> leaves_;
  std::vector<std::int64_t> columns_;
};

// images [e, ...], outputs [e, k]; rows [e, k, values] start as zeros.
void fill_rows(const Executor& executor, const Weights& weights, const std::vector<std::int64_t>& columns,
               const torch::Tensor& images, const torch::Tensor& outputs, const torch::Tensor& rows) {
  const torch::AutoGradMode with_gradient(true);
  const NetworkDescription& description = executor.description();
  std::unordered_map<std::string, torch::Tensor> values{{description.input.name, images}};
  std::vector<torch::Tensor> captured;
  std::vector<NodeGradients> nodes;
  executor.visit(weights, images, {}, [&](const NodeSpec& node, const torch::Tensor& value) {
    auto kept = value;
    const bool asked = std::ranges::any_of(node.parameters, [&](const auto& parameter) {
      return columns[*description.find_parameter(parameter.second)] != kFixed;
    });
    if (asked) {
      // What lies before the first of them has no parameter that is asked for.
      if (!kept.requires_grad()) kept = kept.detach().requires_grad_();
      std::vector<torch::Tensor> inputs;
      for (const auto& name : node.inputs) inputs.push_back(values.at(name));
      nodes.emplace_back(node, inputs, description, weights, columns);
      captured.push_back(kept);
    }
    values[node.name] = kept.squeeze(0);
    return kept;
  });
  const auto scores = values.at(description.output).gather(1, outputs);  // [e, k]
  for (std::int64_t i = 0; i < outputs.size(1); ++i) {
    const auto gradients = torch::autograd::grad({scores.select(1, i).sum()}, captured, {}, /*retain_graph=*/true,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
    for (std::size_t n = 0; n < nodes.size(); ++n)
      if (gradients[n].defined()) nodes[n].add(gradients[n].squeeze(0), rows.select(1, i));
  }
}

}  // namespace

torch::Tensor example_gradients(const Executor& executor, const Weights& weights,
                                const std::vector<std::size_t>& parameters, const torch::Tensor& images,
                                const torch::Tensor& outputs) {
  return translate_torch_errors("take gradients for examples", [&] {
    const torch::NoGradGuard no_grad;
    std::vector<std::int64_t> columns(weights.tensors.size(), kFixed);
    std::int64_t values = 0;
    for (const auto p : parameters) {
      columns[p] = values;
      values += weights.tensors[p].numel();
    }
    const auto examples = images.size(0);
    const auto rows = torch::zeros({examples, outputs.size(1), values}, images.options());
    const auto each =
        std::max<std::int64_t>(1, kMostJobValues / std::max<std::int64_t>(1, executor.facts().activation_values));
    run_workers(static_cast<std::size_t>((examples + each - 1) / each), 0, [&](std::size_t job) {
      throw_if_interrupted();
      const auto first = static_cast<std::int64_t>(job) * each, count = std::min(each, examples - first);
      fill_rows(executor, weights, columns, images.narrow(0, first, count), outputs.narrow(0, first, count),
                rows.narrow(0, first, count));
    });
    return rows.flatten(0, 1);
  });
}

}  // namespace weightloom
