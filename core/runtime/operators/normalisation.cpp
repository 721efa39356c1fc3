#include "../depthwise.hpp"
#include "families.hpp"
#include "population.hpp"

namespace weightloom {
namespace {

// [P, N, C, ...] as one batch whose channels are those of all members.
torch::Tensor join_channels(const torch::Tensor& x) {
  return x.transpose(0, 1).flatten(1, 2);
}
torch::Tensor part_channels(const torch::Tensor& x, std::int64_t population) {
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
    torch::Tensor batch_mean, batch_variance;
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
  const auto normalised = per_sample(a.inputs[0], [&](const torch::Tensor& x) {
    return at::group_norm(x, groups, {}, {}, epsilon, /*cudnn_enabled=*/false);
  });
  return {torch::addcmul(against(a.parameters[1], 3, 0), normalised.tensor, against(a.parameters[0], 3, 0)), false};
}

// Zhang and Sennrich 2019, eq. 4.
Value rms_norm(const OperatorArguments& a, double epsilon) {
  const auto& x = a.inputs[0];
  const auto rank = sample_rank(x);
  const auto inverse = (x.tensor.square().mean(-1, /*keepdim=*/true) + epsilon).rsqrt();
  return {x.tensor * inverse * against(a.parameters[0], rank, rank - 1), false};
}

using Normalise = Value (*)(const OperatorArguments&, double epsilon);
template <Normalise normalise>
Operator bind_normalise(const NodeSpec& node) {
  const auto epsilon = number_attribute(node, "eps");
  return [=](const OperatorArguments& a) { return normalise(a, epsilon); };
}

}  // namespace

OperatorMakers normalisation_makers() {
  return {{"batch_norm", bind_normalise<batch_norm>},
          {"layer_norm", bind_normalise<layer_norm>},
          {"rms_norm", bind_normalise<rms_norm>},
          {"group_norm", [](const NodeSpec& node) {
             const auto groups = integer_attribute(node, "groups");
             const auto epsilon = number_attribute(node, "eps");
             return Operator{[=](const OperatorArguments& a) { return group_norm(a, groups, epsilon); }};
           }}};
}

}  // namespace weightloom
