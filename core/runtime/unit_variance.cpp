#include "weightloom/runtime/unit_variance.hpp"

#include <cmath>

namespace weightloom {
namespace {

// What hardly varies is noise, and its inverse would be.
constexpr double kNoise = 1e-6;
// An initialiser means what it says within such a factor: the branches of a residual network, say, add little.
constexpr double kMostFactor = 20;

}  // namespace

Weights unit_variance(const Executor& executor, Weights weights, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  const auto& description = executor.description();
  Weights scaled = weights;
  executor.visit(weights, images, {ExecutionMode::Norm::kBatch}, [&](const NodeSpec& node, const torch::Tensor& value) {
    if (!node.parameter("weight") || node.name == executor.facts().head_node) return value;
    const auto deviation = value.std();
    const auto found = deviation.item<double>();
    if (!(found > kNoise) || !std::isfinite(found) || (found > 1 / kMostFactor && found < kMostFactor)) return value;
    for (const auto& [key, name] : node.parameters) {
      auto& tensor = scaled.tensors[*description.find_parameter(name)];
      tensor = tensor / deviation;
    }
    return value / deviation;
  });
  return scaled;
}

}  // namespace weightloom
