#pragma once
// How far networks are from the nearest ones that were there before (docs/assessment.md, "Novelty").

#include <optional>
#include <vector>

#include "weightloom/compute/torch.hpp"
#include "weightloom/report/results.hpp"
#include "weightloom/runtime/dataset.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"

namespace weightloom {

// One value for each network, or none where the figure was not measured.
struct NoveltySamples {
  std::vector<double> distances;  // to the nearest member, relative to the members' median distance to their nearest
  std::vector<double> tokens_shared;  // largest share of codes equal to those of a member, 0 .. 1
  std::vector<double> disagreements;  // smallest share of test images on which a member answers differently, 0 .. 1

  void append(const NoveltySamples& more);
};

// Networks as `tokens` [P, L, Q] with their decoded weights [P], and as they are used, `ready` [P]: distances and
// tokens are told of the former, which a head in closed form is no part of, answers of the latter. `members` [M >= 2]
// are of `plan`; running statistics of `ready` and of `calibrated_members`, the same members, are fit for `test`.
// [any-thread]
NoveltySamples measure_novelty(const Tokenizer& tokenizer, const NetworkPlan& plan, const Weights& decoded,
                               const torch::Tensor& tokens, const Weights& ready, const Weights& members,
                               const Weights& calibrated_members, const LabelledImages& test);

// Behaviour alone: each of `networks` beside the nearest of `others`, both fit for `test`. [P]
std::vector<double> disagreements(const NetworkPlan& plan, const Weights& networks, const Weights& others,
                                  const LabelledImages& test);

// Medians (the upper one of an even number) and samples; nullopt when nothing was measured.
std::optional<Novelty> summarise(const NoveltySamples& samples);

}  // namespace weightloom
