#include "weightloom/generator/condition.hpp"

#include <algorithm>

#include "weightloom/runtime/dataset.hpp"
#include "weightloom/tokenizer/chunks.hpp"

namespace weightloom {
namespace {

// A few hundred examples leave the covariance of a hundred features nearly singular, so that it is shrunk towards its
// mean variance (Ledoit & Wolf 2004, who choose the share from the data; a constant is the same for every task).
constexpr double kShrinkage = 0.1;
// Images whose features are computed at a time: memory for activations, not speed, sets it.
constexpr std::int64_t kFeatureBatch = 512, kBatchValues = std::int64_t{1} << 26;

std::int64_t find_tensor(const NetworkPlan& plan, const std::string& name) {
  for (std::int64_t t = 0; t < plan.tensors(); ++t)
    if (plan.description().parameters[plan.tensor(t).parameter].name == name) return t;
  return -1;
}

// Root mean square over all but the first dimension, [B]. 1e-6: what is all zero stays zero when divided by it.
torch::Tensor rms(const torch::Tensor& x) {
  return (x * x).flatten(1).mean(1).sqrt().clamp_min(1e-6);
}

}  // namespace

torch::Tensor thumbnails(const torch::Tensor& images) {
  const auto grey = images.mean(1, /*keepdim=*/true);
  return torch::adaptive_avg_pool2d(grey, {14, 14}).flatten(1);
}

torch::Tensor anchor_features(const NetworkPlan& plan, const torch::Tensor& images) {
  return head_features(plan, plan.anchor(), images);
}

torch::Tensor head_features(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& images) {
  torch::NoGradGuard no_grad;
  const GraphFacts& facts = plan.executor().facts();
  if (facts.head_node.empty() || facts.shapes.at(facts.head_input).size() != 1)
    return torch::zeros({images.size(0), 0}, images.options());
  std::vector<torch::Tensor> parts;
  const auto batch =
      std::clamp<std::int64_t>(kBatchValues / std::max<std::int64_t>(1, facts.activation_values), 4, kFeatureBatch);
  for (const auto& part : images.split(batch))
    parts.push_back(
        plan.executor().value(weights, fit_images(part, plan.description().input.shape), facts.head_input).squeeze(0));
  return torch::cat(parts);
}

Discriminant linear_discriminant(const torch::Tensor& features, std::int64_t dimensions) {
  const auto classes = features.size(1), shots = features.size(2), width = features.size(3);
  const auto means = features.mean(2);  // [B, R, F]
  const auto centred = means - means.mean(1, true);
  const auto within = (features - means.unsqueeze(2)).flatten(1, 2);  // [B, R * shots, F]
  auto covariance =
      within.transpose(1, 2).matmul(within) / static_cast<double>(classes * std::max<std::int64_t>(shots - 1, 1));
  // The floor keeps features that never vary (dead units) from making the system singular.
  const auto spread = covariance.diagonal(0, 1, 2).sum(1) / static_cast<double>(dimensions > 0 ? dimensions : width);
  const auto level = spread.clamp_min(1e-6).view({-1, 1, 1});
  covariance = covariance * (1 - kShrinkage) + torch::eye(width, covariance.options()) * level * kShrinkage;
  const auto weight = torch::linalg_solve(covariance, centred.transpose(1, 2)).transpose(1, 2);
  // Thresholds are those of the uncentred features: the mean over classes is taken back.
  const auto bias = -(weight * (centred * 0.5 + means.mean(1, true))).sum(2);
  return {weight, bias};
}

Condition example_condition(const NetworkPlan& plan, const torch::Tensor& thumbs, const torch::Tensor& features) {
  torch::NoGradGuard no_grad;
  Condition condition;
  condition.batch = thumbs.size(0);
  condition.classes = thumbs.size(1);
  condition.thumbnails = thumbs.mean(2);
  condition.quality = torch::ones({condition.batch}, thumbs.options());
  condition.evidence.resize(static_cast<std::size_t>(plan.tensors()));
  condition.evidence_scale = torch::zeros({condition.batch, 2}, features.options());
  const GraphFacts& facts = plan.executor().facts();
  if (features.size(3) > 0 && plan.description().classes == condition.classes) {
    const Discriminant discriminant = linear_discriminant(features);
    const auto place = [&](const std::string& name, const torch::Tensor& tensor, std::int64_t column) {
      const auto t = find_tensor(plan, name);
      if (t < 0) return;
      const auto scale = rms(tensor);
      const SlotTensor& slots = plan.tensor(t);
      // Direction and length apart: the length of a discriminant depends on the spread of the features, and differs by
      // orders of magnitude between families.
      condition.evidence[static_cast<std::size_t>(t)] =
          cut_chunks(slots, tensor.flatten(1) / scale.unsqueeze(1), plan.layout().chunk, 0,
                     static_cast<std::int64_t>(slots.slots) - 1);
      condition.evidence_scale.select(1, column).copy_((scale / slots.reference_scale).log());
    };
    place(facts.head_weight, discriminant.weight, 0);
    place(facts.head_bias, discriminant.bias, 1);
  }
  return condition;
}

}  // namespace weightloom
