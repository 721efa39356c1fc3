#include "baselines.hpp"

#include <algorithm>

namespace weightloom {
namespace {

// Published averages take 2 to 16 networks; a small zoo has about 8 for one network and data set.
constexpr std::int64_t kAveraged = 8;
// In the middle of the levels that published noise baselines use, 0.01 to 0.5 of a tensor's standard deviation: less is
// nearly a copy, more no longer works.
constexpr double kNoise = 0.1;

Weights with_noise(const Weights& network, const Weights& members, std::uint64_t seed) {
  auto generator = make_generator(seed);
  Weights out = network.clone();
  for (std::size_t p = 0; p < out.tensors.size(); ++p) {
    // The standard deviation of a single value is NaN.
    const double spread = members.tensors[p].numel() > 1 ? members.tensors[p].std().item<double>() : 0.0;
    out.tensors[p] =
        out.tensors[p] + torch::randn(out.tensors[p].sizes(), generator, out.tensors[p].options()) * (kNoise * spread);
  }
  return out;
}

}  // namespace

SeenBaselines seen_baselines(const NetworkPlan& plan, const Weights& members, std::int64_t count, Random& random) {
  SeenBaselines out;
  out.random_init = initial_weights(plan.description(), count, random.next());
  std::vector<Weights> averages, noises, picks;
  const std::int64_t averaged = std::min(kAveraged, members.population());
  for (std::int64_t i = 0; i < count; ++i) {
    const auto order = random.permutation(members.population());
    const std::vector<std::int64_t> chosen(order.begin(), order.begin() + averaged);
    averages.push_back(mean(members.select(torch::tensor(chosen, indices_like(members.tensors.front())))));
    picks.push_back(members.member(order[0]));
    noises.push_back(with_noise(picks.back(), members, random.next()));
  }
  out.average = concatenate(averages);
  out.noise = concatenate(noises);
  out.retrieval = concatenate(picks);
  return out;
}

Weights layer_copies(const NetworkPlan& target, const NetworkPlan& source, const Weights& members, std::int64_t count) {
  std::vector<Weights> copies;
  for (std::int64_t i = 0; i < count; ++i) {
    // Independent: only such an anchor covers the head, and the copy keeps its member's.
    const Anchor member{target.family(), source.description(), members.member(i % members.population()), true};
    copies.push_back(map_anchor(&member, target.description()));
  }
  return concatenate(copies);
}

Weights discriminant_network(const NetworkPlan& plan, const Request& request, DataCache& data) {
  const auto examples = example_images(request, data);
  const auto features = anchor_features(plan, examples.flatten(0, 1));
  const auto fit = linear_discriminant(features.view({1, examples.size(0), examples.size(1), -1}));
  Weights weights = plan.anchor().clone();
  const auto put = [&](const std::string& name, const torch::Tensor& value) {
    if (const auto p = plan.description().find_parameter(name))
      weights.tensors[*p] = value.view_as(weights.tensors[*p]).clone();
  };
  put(plan.executor().facts().head_weight, fit.weight);
  put(plan.executor().facts().head_bias, fit.bias);
  return weights;
}

}  // namespace weightloom
