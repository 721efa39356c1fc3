#include "weightloom/assessment/novelty.hpp"

#include <algorithm>
#include <cmath>

#include "weightloom/compute/module_io.hpp"
#include "weightloom/runtime/evaluation.hpp"

namespace weightloom {
namespace {

// A share over 1000 images has a standard error of at most 1.6 points. The zoo's networks are evaluated again for every
// sample from words, so all test images would cost more than the assessment itself.
constexpr std::int64_t kImages = 1000;

// Distances in weight space mean nothing by themselves, so the members' own are the unit.
std::vector<double> relative_distances(const torch::Tensor& networks, const torch::Tensor& members) {
  auto own = torch::cdist(members, members);
  own.fill_diagonal_(INFINITY);
  const double unit = median_of(to_vector(std::get<0>(own.min(1))));
  std::vector<double> out = to_vector(std::get<0>(torch::cdist(networks, members).min(1)));
  for (double& distance : out) distance /= unit;
  return out;
}

// Scale tokens are left out: a level or two of difference is no other network.
std::vector<double> shared_tokens(const NetworkPlan& plan, const torch::Tensor& tokens, const torch::Tensor& members) {
  const auto same = (tokens.unsqueeze(1) == members.unsqueeze(0))
                        .to(torch::kFloat32)
                        .index_select(2, plan.chunk_slots())
                        .flatten(2)
                        .mean(2);
  return to_vector(std::get<0>(same.max(1)));
}

}  // namespace

void NoveltySamples::append(const NoveltySamples& more) {
  const auto extend = [](std::vector<double>& to, const std::vector<double>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  extend(distances, more.distances);
  extend(tokens_shared, more.tokens_shared);
  extend(disagreements, more.disagreements);
}

std::vector<double> disagreements(const NetworkPlan& plan, const Weights& networks, const Weights& others,
                                  const LabelledImages& test) {
  const std::int64_t images = std::min(kImages, test.labels.size(0));
  const auto ours = evaluate(plan.executor(), networks, {&test}, images).predictions;
  const auto theirs = evaluate(plan.executor(), others, {&test}, images).predictions;
  const auto different = (ours.unsqueeze(1) != theirs.unsqueeze(0)).to(torch::kFloat32).mean(2);
  return to_vector(std::get<0>(different.min(1)));
}

NoveltySamples measure_novelty(const Tokenizer& tokenizer, const NetworkPlan& plan, const Weights& decoded,
                               const torch::Tensor& tokens, const Weights& ready, const Weights& members,
                               const Weights& calibrated_members, const LabelledImages& test) {
  const torch::NoGradGuard no_grad;
  NoveltySamples out;
  // What only differs in the order of its units is the same network.
  const auto place = [&](const Weights& weights) { return plan.deviations(tokenizer.aligned(plan, weights)); };
  out.distances = relative_distances(place(decoded), place(members));
  out.tokens_shared = shared_tokens(plan, tokens, tokenizer.encode(plan, members));
  out.disagreements = disagreements(plan, ready, calibrated_members, test);
  return out;
}

std::optional<Novelty> summarise(const NoveltySamples& samples) {
  if (samples.disagreements.empty()) return std::nullopt;
  Novelty out;
  out.disagreement_with_nearest = median_of(samples.disagreements);
  out.disagreements = samples.disagreements;
  if (!samples.distances.empty()) {
    out.distance_to_nearest = median_of(samples.distances);
    out.distances = samples.distances;
    out.tokens_shared_with_nearest = median_of(samples.tokens_shared);
  }
  return out;
}

}  // namespace weightloom
