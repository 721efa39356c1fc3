#pragma once
// What the generator is told: example images as the anchor sees them, words, and the wanted quality.

#include <cstdint>
#include <vector>

#include "weightloom/compute/torch.hpp"
#include "weightloom/tokenizer/network_plan.hpp"

namespace weightloom {

inline constexpr std::int64_t kThumbnail = 196;  // a 14 x 14 grey image

// B requests for networks of one plan with R classes. Undefined tensors mean: not given.
struct Condition {
  torch::Tensor thumbnails;  // [B, R, kThumbnail]: mean example image of each class
  // What the examples say about each tensor, in the places of its chunks: [B, chunks of the tensor, C], undefined where
  // they say nothing (example_condition). One for each tokenised tensor; empty without examples.
  std::vector<torch::Tensor> evidence;
  torch::Tensor evidence_scale;  // [B, 2]: log scale of that evidence for the head's weight and bias
  torch::Tensor words;           // [B, kInstructionWords] int64
  torch::Tensor quality;         // [B]: share of the comparable zoo networks that are worse, 0 .. 1
  std::int64_t batch = 0, classes = 0;
};

// [N, C, H, W] -> [N, kThumbnail]: grey, averaged to 14 x 14.
torch::Tensor thumbnails(const torch::Tensor& images);

// What enters the head of the plan's anchor for each image, [N, F]; F = 0 when the network has no flat head input.
torch::Tensor anchor_features(const NetworkPlan& plan, const torch::Tensor& images);
// The same for `weights`, population 1 of the plan's network.
torch::Tensor head_features(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& images);

// Linear discriminant analysis of example features (Fisher 1936): w_r = S^-1 mu_r, b_r = -mu_r . w_r / 2, with the
// means centred and the pooled covariance S shrunk towards its mean variance over `dimensions`, 0: over the F features
// [B, R, shots, F]. More than F where the features stand for more numbers, which vary in F directions only.
struct Discriminant {
  torch::Tensor weight;  // [B, R, F]
  torch::Tensor bias;    // [B, R]
};
Discriminant linear_discriminant(const torch::Tensor& features, std::int64_t dimensions = 0);

// Completes a condition from examples: thumbs [B, R, shots, kThumbnail], features [B, R, shots, F]. The discriminant is
// laid out like the network's own head and cut into the same chunks, each tensor at unit root mean square.
Condition example_condition(const NetworkPlan& plan, const torch::Tensor& thumbs, const torch::Tensor& features);

}  // namespace weightloom
