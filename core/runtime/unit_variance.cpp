#include "weightloom/runtime/unit_variance.hpp"

namespace weightloom {

Weights unit_variance(const Executor& executor, Weights weights, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  const auto& description = executor.description();
  Weights scaled = weights;
  executor.visit(weights, images, {ExecutionMode::Norm::kBatch}, [&](const NodeSpec& node, const torch::Tensor& value) {
    if (!node.parameter("weight") || node.name == executor.facts().head_node) return value;
    const auto deviation = value.std();
    // 1e-6: what hardly varies is noise, and its inverse would be.
    if (!(deviation.item<double>() > 1e-6) || !deviation.isfinite().item<bool>()) return value;
    for (const auto& [key, name] : node.parameters) {
      auto& tensor = scaled.tensors[*description.find_parameter(name)];
      tensor = tensor / deviation;
    }
    return value / deviation;
  });
  return scaled;
}

}  // namespace weightloom
