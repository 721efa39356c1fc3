#include "weightloom/runtime/executor.hpp"

#include <algorithm>
#include <optional>

#include "operators.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/operators.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

// One node, ready to run: values are numbered, the input is 0, node i is i + 1.
struct Step {
  Operator run;
  std::vector<std::size_t> inputs, parameters;
  std::vector<std::size_t> last_uses;  // values that nobody needs after this step
};

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(ErrorCode::kUsage, "executor.shape", what, why);
}

}  // namespace

struct Executor::Impl {
  NetworkDescription description;
  GraphFacts facts;
  std::unordered_map<std::string, std::size_t> values;
  std::vector<Step> steps;
  bool apart = false;

  explicit Impl(NetworkDescription d) : description(std::move(d)), facts(analyse(description)) {
    values[description.input.name] = 0;
    for (std::size_t i = 0; i < description.nodes.size(); ++i) add_step(description.nodes[i]);
    mark_last_uses();
    apart = executes_apart(description);
  }

  void add_step(const NodeSpec& node) {
    Step step{bind_operator(node), {}, {}, {}};
    for (const auto& input : node.inputs) step.inputs.push_back(values.at(input));
    for (const auto& rule : find_operator(node.op)->parameters) {
      const auto* name = node.parameter(rule.key);
      step.parameters.push_back(name ? description.find_parameter(*name).value() : kAbsent);
    }
    steps.push_back(std::move(step));
    values[node.name] = steps.size();
  }

  void mark_last_uses() {
    std::vector<bool> seen(steps.size() + 1, false);
    for (std::size_t i = steps.size(); i-- > 0;)
      for (auto input : steps[i].inputs)
        if (!seen[input]) {
          seen[input] = true;
          steps[i].last_uses.push_back(input);
        }
  }

  void check(const Weights& weights) const {
    if (weights.tensors.size() != description.parameters.size())
      refuse("cannot execute '" + description.label() + "'",
             "expected " + std::to_string(description.parameters.size()) + " tensors, got " +
                 std::to_string(weights.tensors.size()));
    for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
      const auto& shape = description.parameters[i].shape;
      const auto sizes = weights.tensors[i].sizes();
      if (sizes.size() != shape.size() + 1 || !std::equal(shape.begin(), shape.end(), sizes.begin() + 1) ||
          sizes[0] != weights.population())
        refuse("cannot execute '" + description.label() + "'",
               "tensor '" + description.parameters[i].name + "' has shape " + to_string(sizes.vec()) +
                   ", expected a population of " + std::to_string(weights.population()) + " of " + to_string(shape));
    }
  }

  Value image_value(const Weights& weights, const torch::Tensor& images) const {
    const auto& shape = description.input.shape;
    const auto sizes = images.sizes();
    const bool fits = sizes.size() >= shape.size() && std::equal(shape.rbegin(), shape.rend(), sizes.rbegin());
    if (fits && sizes.size() == shape.size() + 1) return {images, true};
    if (fits && sizes.size() == shape.size() + 2 && sizes[0] == members(weights)) return {images, false};
    refuse("cannot execute '" + description.label() + "'",
           "images have shape " + to_string(sizes.vec()) + ", expected [n, ...] or [" +
               std::to_string(members(weights)) + ", n, ...] of " + to_string(shape));
  }

  torch::Tensor run(const Weights& weights, const torch::Tensor& images, std::size_t wanted, const ExecutionMode& mode,
                    BatchStatistics* statistics) const {
    check(weights);
    const auto input = image_value(weights, images);
    return apart && weights.population() > 1 ? run_apart(weights, input, wanted, mode, statistics)
                                             : run_together(weights, input, wanted, mode, statistics);
  }

  // Member by member: what one convolution leaves behind is still in the caches when the next one reads it. Eight small
  // residual networks together took 1.6 times as long.
  torch::Tensor run_apart(const Weights& weights, const Value& input, std::size_t wanted, const ExecutionMode& mode,
                          BatchStatistics* statistics) const {
    std::vector<torch::Tensor> outputs;
    std::vector<BatchStatistics> seen(static_cast<std::size_t>(weights.population()));
    for (std::int64_t p = 0; p < weights.population(); ++p) {
      const auto place = static_cast<std::size_t>(p);
      auto own_mode = mode;
      std::vector<torch::Generator> generator;
      if (mode.generators && place < mode.generators->size()) generator.push_back((*mode.generators)[place]);
      own_mode.generators = &generator;
      const Value own{input.shared ? input.tensor : input.tensor.narrow(0, p, 1), input.shared};
      outputs.push_back(run_together(weights.member(p), own, wanted, own_mode, statistics ? &seen[place] : nullptr));
    }
    for (std::size_t i = 0; i < seen.front().size(); ++i) {
      std::vector<torch::Tensor> members;
      for (const auto& own : seen) members.push_back(own[i].second);
      statistics->emplace_back(seen.front()[i].first, torch::cat(members));
    }
    return torch::cat(outputs);
  }

  // A network without parameters is one.
  static std::int64_t members(const Weights& weights) { return weights.tensors.empty() ? 1 : weights.population(); }

  torch::Tensor run_together(const Weights& weights, const Value& input, std::size_t wanted, const ExecutionMode& mode,
                             BatchStatistics* statistics, const Visitor* visit = nullptr) const {
    const ExecutionContext context{mode, members(weights), statistics};
    std::vector<std::optional<Value>> values_so_far(steps.size() + 1);
    values_so_far[0] = input;
    for (std::size_t i = 0; i < wanted; ++i) {
      auto& value = values_so_far[i + 1];
      value = run_step(steps[i], weights, values_so_far, context);
      if (visit) value = Value{(*visit)(description.nodes[i], all_members(*value, 1).tensor), false};
      for (auto used : steps[i].last_uses)
        if (used != wanted) values_so_far[used].reset();
    }
    const auto& value = *values_so_far[wanted];
    return all_members(value, context.population).tensor;
  }

  static Value run_step(const Step& step, const Weights& weights,
                        const std::vector<std::optional<Value>>& values_so_far, const ExecutionContext& context) {
    OperatorArguments arguments{{}, {}, step.parameters, context};
    for (auto input : step.inputs) arguments.inputs.push_back(*values_so_far[input]);
    for (auto index : step.parameters)
      arguments.parameters.push_back(index == kAbsent ? torch::Tensor() : weights.tensors[index]);
    return step.run(arguments);
  }
};

bool executes_apart(const NetworkDescription& description) {
  // One convolution may just cut the image into patches.
  return std::ranges::count_if(description.nodes,
                               [](const NodeSpec& node) { return find_operator(node.op)->convolution; }) > 1;
}

Executor::Executor(NetworkDescription description) : impl_(std::make_unique<Impl>(std::move(description))) {}
Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

const NetworkDescription& Executor::description() const {
  return impl_->description;
}
const GraphFacts& Executor::facts() const {
  return impl_->facts;
}

torch::Tensor Executor::forward(const Weights& weights, const torch::Tensor& images, ExecutionMode mode,
                                BatchStatistics* statistics) const {
  return translate_torch_errors("execute a network", [&] {
    return impl_->run(weights, images, impl_->values.at(impl_->description.output), mode, statistics);
  });
}

torch::Tensor Executor::value(const Weights& weights, const torch::Tensor& images, const std::string& node,
                              ExecutionMode mode) const {
  const auto found = impl_->values.find(node);
  if (found == impl_->values.end())
    throw Error(ErrorCode::kUsage, "executor.node", "cannot read value '" + node + "'",
                "'" + impl_->description.label() + "' has no such node");
  return translate_torch_errors("execute a network",
                                [&] { return impl_->run(weights, images, found->second, mode, nullptr); });
}

void Executor::visit(const Weights& weights, const torch::Tensor& images, ExecutionMode mode,
                     const Visitor& visit) const {
  translate_torch_errors("execute a network", [&] {
    impl_->check(weights);
    impl_->run_together(weights, impl_->image_value(weights, images), impl_->steps.size(), mode, nullptr, &visit);
  });
}

}  // namespace weightloom
