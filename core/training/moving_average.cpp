#include "weightloom/training/moving_average.hpp"

#include <algorithm>

namespace weightloom {

MovingAverage::MovingAverage(const torch::Tensor& values, double decay)
    : average_(values.detach().clone()), decay_(decay) {}

void MovingAverage::update(const torch::Tensor& values) {
  // (n + 1) / (n + 10) is the usual ramp of this average (TensorFlow's ExponentialMovingAverage).
  const double decay = std::min(decay_, static_cast<double>(updates_ + 1) / static_cast<double>(updates_ + 10));
  average_.lerp_(values.detach(), 1 - decay);
  ++updates_;
}

void MovingAverage::keep_in(TrainingState& state, const std::string& prefix) {
  state.keep(prefix + "values", average_);
  state.keep(prefix + "updates", updates_);
}

}  // namespace weightloom
