#pragma once
// Heads that need no training: fitted in closed form to what a body makes of the example images.

#include <string>

#include "weightloom/compute/torch.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"

namespace weightloom {

// Where a head comes from: a generator's tokens; rows of the ancestor's own head, each matched to the class whose
// examples it knows; a linear discriminant of the features (condition.hpp), or of the ancestor's answers to the
// examples, which are fewer numbers and know more; the mean of rows and discriminant, brought to equal size.
enum class HeadSource { kGenerated, kMatchedRows, kDiscriminant, kAnswers, kMixed };
std::string head_source_name(HeadSource source);

struct LinearHead {
  torch::Tensor weight, bias;  // [R, F], [R]
  HeadSource source = HeadSource::kDiscriminant;
  // On images like the examples: cross-validated where it was fitted; of a generated head what it has on the examples,
  // which it was generated from.
  double expected_accuracy = 0;
  // Whether the ancestor's own rows are not much worse than any head: it was trained on these classes. So it is taken
  // to be of a generated head.
  bool known_classes = false;
};

// What the head says of features [..., F]: [..., R].
torch::Tensor head_scores(const LinearHead& head, const torch::Tensor& features);
// Of features [R, n, F], n of each class: the share that the head tells right.
double head_accuracy(const LinearHead& head, const torch::Tensor& features);

// Whether the network's output is that of a linear layer of its own on flat features.
bool has_linear_head(const NetworkPlan& plan);

// The example images [R, n, C, H, W] first, then jittered copies of them (runtime/jitter.hpp), fewer the larger the
// network is: [K, R, n, C, H, W].
torch::Tensor with_copies(const NetworkPlan& plan, const torch::Tensor& examples, std::uint64_t seed);

// What the body of `weights` (population 1) makes of with_copies() [K, R, n, C, H, W]: [K, R, n, F]. REQUIRES
// has_linear_head().
torch::Tensor example_features(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples);

// The best of the heads in closed form for the features [K, R, n, F] of with_copies(), judged by cross-validation on
// the examples themselves; whether the copies help is judged as well. One example a class cannot be validated: it gets
// the discriminant, whose expected accuracy is 0. Anchors of other features, or nullptr, offer nothing but the
// discriminant.
LinearHead fit_head(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& features);

// Whether other images of the same classes help: a discriminant of the features `own` [R, n, F] is at least as right
// about those it has not seen with `more` [R, m, F] beside the others as without. One example a class has to be told
// from the others by `more` alone, better than by guessing.
bool others_help(const torch::Tensor& own, const torch::Tensor& more);

// `weights` (population 1) with the better of its own head and fit_head() on `features` [K, R, n, F], which its body
// makes of with_copies(); its own is judged on the examples as it is, and never taken with one example a class. Returns
// the head that was taken. REQUIRES has_linear_head().
LinearHead refit_head(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& features, Weights& weights);

// Replaces the head of `weights`, population 1.
void write_head(const NetworkPlan& plan, const LinearHead& head, Weights& weights);

}  // namespace weightloom
