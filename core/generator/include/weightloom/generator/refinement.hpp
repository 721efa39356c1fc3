#pragma once
// A few gradient steps on the example images, after everything that takes none.

#include <cstdint>

#include "weightloom/compute/torch.hpp"
#include "weightloom/tokenizer/network_plan.hpp"

namespace weightloom {

struct Refined {
  Weights weights;           // population 1
  double learning_rate = 0;  // that was chosen; 0: no step was better than none
  double expected_accuracy;  // on the held-out examples, of what was chosen
};

// `weights` (population 1) after `steps` steps of AdamW on the examples [R, n, C, H, W], n >= 2. The learning rate,
// none included, is the one that does best on a quarter of the examples (at least one a class) after as many steps on
// the others. Running statistics are those of the training. The same arguments give the same bits.
Refined refine(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples, std::int64_t steps,
               std::uint64_t seed);

}  // namespace weightloom
