#include "weightloom/runtime/alignment.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "weightloom/base/assignment.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/init.hpp"
#include "weightloom/runtime/samples.hpp"

namespace weightloom {
namespace {

// Each sweep lowers the distance, so that few are needed; the limit guards against rounding that never settles.
constexpr int kMostSweeps = 100;
constexpr std::int64_t kSymmetrySamples = 5;  // any few will do

using Order = std::vector<std::int64_t>;

void reorder(Weights& weights, const SymmetryGroup& group, const Order& order) {
  for (const auto& member : group.members) {
    auto& tensor = weights.tensors[member.parameter];
    const auto places = torch::tensor(axis_order(member, order), tensor.options().dtype(torch::kInt64));
    tensor = tensor.index_select(member.axis + 1, places);
  }
}

// Rows of units: the member's tensor of network 0 as [group size, everything else].
torch::Tensor unit_rows(const Weights& weights, const SymmetryGroup& group, const SymmetryMember& member) {
  const auto tensor = weights.tensors[member.parameter][0];
  std::vector<std::int64_t> sizes;
  for (std::int64_t d = 0; d < tensor.dim(); ++d) {
    if (d == member.axis) {
      sizes.insert(sizes.end(), {member.outer, group.size, member.inner});
    } else {
      sizes.push_back(tensor.size(d));
    }
  }
  return tensor.reshape(sizes).movedim(member.axis + 1, 0).reshape({group.size, -1});
}

// Every tensor counts in units of its own spread, so that running variances do not drown weights; a constant tensor
// says nothing.
double tensor_weight(const torch::Tensor& reference) {
  const auto variance = reference.numel() > 1 ? reference.var(/*unbiased=*/false).item<double>() : 0.0;
  return variance > 1e-12 ? 1.0 / variance : 0.0;  // below that, rounding
}

// order[i]: which unit of `weights` belongs at place i.
Order solve(const torch::Tensor& cost) {
  const auto dense = cost.cpu().contiguous();
  return assign({dense.data_ptr<double>(), dense.data_ptr<double>() + dense.numel()}, dense.size(0), dense.size(1));
}

// [group size, group size], in double precision: costs are sums of many small differences.
torch::Tensor no_cost(const SymmetryGroup& group, const Weights& weights) {
  return torch::zeros({group.size, group.size}, weights.tensors.front().options().dtype(torch::kFloat64));
}

Order match_units(const SymmetryGroup& group, const Weights& weights, const Weights& reference) {
  auto cost = no_cost(group, reference);
  for (const auto& member : group.members) {
    const auto target = unit_rows(reference, group, member).to(torch::kFloat64);
    const auto scale = tensor_weight(target);
    if (scale > 0) cost.addmm_(target, unit_rows(weights, group, member).to(torch::kFloat64).t(), 1, -scale);
  }
  return solve(cost);
}

// Compares units by their sorted values, which do not depend on the order of any other group.
Order match_sorted_units(const SymmetryGroup& group, const Weights& weights, const Weights& reference) {
  auto cost = no_cost(group, reference);
  for (const auto& member : group.members) {
    const auto target = std::get<0>(unit_rows(reference, group, member).to(torch::kFloat64).sort(1));
    const auto scale = tensor_weight(target);
    if (scale > 0)
      cost.add_(
          torch::cdist(target, std::get<0>(unit_rows(weights, group, member).to(torch::kFloat64).sort(1))).square_(),
          scale);
  }
  return solve(cost);
}

double distance(const Weights& weights, const Weights& reference) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.tensors.size(); ++i)
    sum += tensor_weight(reference.tensors[i]) *
           (weights.tensors[i] - reference.tensors[i]).square().sum(torch::kFloat64).item<double>();
  return sum;
}

bool is_identity(const Order& order) {
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<std::int64_t>(i)) return false;
  return true;
}

Weights descend(const std::vector<SymmetryGroup>& groups, Weights weights, const Weights& reference,
                std::uint64_t seed) {
  Random random(seed);
  double best = distance(weights, reference);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    auto next = weights;
    bool changed = false;
    for (auto g : random.permutation(static_cast<std::int64_t>(groups.size()))) {
      const auto& group = groups[static_cast<std::size_t>(g)];
      const auto order = match_units(group, next, reference);
      if (is_identity(order)) continue;
      reorder(next, group, order);
      changed = true;
    }
    const double now = distance(next, reference);
    if (!changed || now >= best) break;
    best = now;
    weights = std::move(next);
  }
  return weights;
}

// Fresh weights are full of zeros and ones, which hide errors. Moved by no more than they spread, so that deep networks
// stay finite.
Weights spread_weights(const NetworkDescription& description, std::uint64_t seed, torch::Generator& generator) {
  auto weights = initial_weights(description, 1, seed);
  for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
    auto& tensor = weights.tensors[i];
    const auto& parameter = description.parameters[i];
    const bool positive = parameter.role == Role::kRunningVar || parameter.role == Role::kScale;
    const double spread = std::max(initial_deviation(parameter), 1 / std::sqrt(fans(parameter.shape).in));
    tensor = positive ? torch::rand(tensor.sizes(), generator, tensor.options()) + 0.5
                      : tensor + 0.1 * spread * torch::randn(tensor.sizes(), generator, tensor.options());
  }
  return weights;
}

// A random order; where units are to move, one that moves some.
Order another_order(std::int64_t size, bool moving, Random& random) {
  auto order = random.permutation(size);
  if (!moving) std::ranges::sort(order);
  if (moving && is_identity(order)) std::ranges::reverse(order);
  return order;
}

}  // namespace

Weights permute_units(const NetworkDescription& description, const std::vector<SymmetryGroup>& groups,
                      const Weights& weights, const std::vector<std::vector<std::int64_t>>& orders) {
  if (orders.size() != groups.size() || weights.tensors.size() != description.parameters.size())
    throw Error(ErrorCode::kUsage, "alignment.orders", "cannot reorder units",
                std::to_string(orders.size()) + " orders for " + std::to_string(groups.size()) + " groups");
  return translate_torch_errors("reorder units", [&] {
    Weights out = weights;
    for (std::size_t g = 0; g < groups.size(); ++g) reorder(out, groups[g], orders[g]);
    return out;
  });
}

Weights align(const NetworkDescription& description, const Weights& weights, const Weights& reference,
              std::uint64_t seed) {
  if (weights.population() != 1 || reference.population() != 1)
    throw Error(ErrorCode::kUsage, "alignment.population", "cannot align", "expected one network and one reference");
  return translate_torch_errors("align", [&] {
    const torch::NoGradGuard no_grad;
    const auto groups = symmetry_groups(description);
    const auto plain = weights.detach(), target = reference.detach();
    // Coordinate descent stops in the nearest minimum, so it starts twice: as the network is, and with units matched by
    // their sorted values, which finds a mere permutation at once.
    auto sorted = plain;
    for (const auto& group : groups) reorder(sorted, group, match_sorted_units(group, sorted, target));
    const auto first = descend(groups, plain, target, seed), second = descend(groups, sorted, target, seed);
    return distance(second, target) < distance(first, target) ? second : first;
  });
}

double symmetry_error(const Executor& executor, std::uint64_t seed, std::optional<std::size_t> group) {
  return translate_torch_errors("check symmetries", [&] {
    const torch::NoGradGuard no_grad;
    const auto& description = executor.description();
    const auto groups = symmetry_groups(description);
    auto generator = make_generator(derive_seed(seed, "symmetry"));
    const auto weights = spread_weights(description, seed, generator);
    Random random(derive_seed(seed, "orders"));
    std::vector<Order> orders;
    for (std::size_t g = 0; g < groups.size(); ++g)
      orders.push_back(another_order(groups[g].size, !group || group == g, random));
    const auto samples = random_samples(description, kSymmetrySamples, generator);
    const auto before = executor.forward(weights, samples)[0].flatten(1);
    const auto after = executor.forward(permute_units(description, groups, weights, orders), samples)[0].flatten(1);
    const auto off = (after - before).abs().amax(1).median().item<double>();
    return off / (before.abs().max().item<double>() + 1e-30);
  });
}

}  // namespace weightloom
