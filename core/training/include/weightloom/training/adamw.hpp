#pragma once
// The optimiser of every training in this project.

#include <cstdint>
#include <string>

#include "weightloom/compute/torch.hpp"
#include "weightloom/training/checkpoint.hpp"

namespace weightloom {

struct AdamWOptions {
  double weight_decay = 0;
  double beta1 = 0.9, beta2 = 0.999;  // decay of the mean, and of the mean square, of the gradient
};

// AdamW (Loshchilov & Hutter 2019, algorithm 2) over one flat buffer. Not thread-safe.
class AdamW {
 public:
  // `values` [N] is shared and written by step(); gradients are of the same type.
  AdamW(torch::Tensor values, AdamWOptions options);
  // One step along -`gradient` [N].
  void step(const torch::Tensor& gradient, double learning_rate);
  // The values, both moments and the number of steps.
  void keep_in(TrainingState& state, const std::string& prefix);

 private:
  torch::Tensor values_, mean_, square_;
  AdamWOptions options_;
  std::int64_t steps_ = 0;
};

}  // namespace weightloom
