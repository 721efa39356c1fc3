#pragma once
// An exponential moving average of parameters (Polyak & Juditsky 1992), which is better than the last ones.

#include <cstdint>
#include <string>

#include "weightloom/compute/torch.hpp"
#include "weightloom/training/checkpoint.hpp"

namespace weightloom {

// Not thread-safe.
class MovingAverage {
 public:
  // Starts as a copy of `values`. `decay` < 1: the average forgets within about 1 / (1 - decay) updates.
  MovingAverage(const torch::Tensor& values, double decay);
  // average <- d average + (1 - d) values, where d = min(decay, (n + 1) / (n + 10)) at update n = 0, 1, ...: the
  // starting values are forgotten quickly.
  void update(const torch::Tensor& values);
  const torch::Tensor& values() const { return average_; }
  void keep_in(TrainingState& state, const std::string& prefix);

 private:
  torch::Tensor average_;
  double decay_;
  std::int64_t updates_ = 0;
};

}  // namespace weightloom
