#pragma once
// A few gradient steps on the example images, after everything that takes none.

#include <cstdint>
#include <functional>

#include "weightloom/compute/torch.hpp"
#include "weightloom/tokenizer/network_plan.hpp"

namespace weightloom {

struct Refined {
  Weights weights;           // population 1
  double learning_rate = 0;  // that was chosen; 0: no step was better than none
  double expected_accuracy;  // on the held-out examples, of what was chosen
};

// Makes `weights` what they would be before refinement if there were only these examples [R, n, C, H, W].
using ExampleFit = std::function<void(const torch::Tensor& examples, Weights& weights)>;

// `weights` (population 1) after `steps` steps of AdamW on the examples [R, n, C, H, W], n >= 2, and on jittered copies
// of them (head.hpp, with_copies()). The learning rate, none included, is the one that does best on a quarter of the
// examples (at least one a class) after as many steps on the others, from weights that `fit` has made for these others
// alone. Running statistics are those of the training. The same arguments give the same bits.
Refined refine(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples, std::int64_t steps,
               std::uint64_t seed, const ExampleFit& fit);

}  // namespace weightloom
