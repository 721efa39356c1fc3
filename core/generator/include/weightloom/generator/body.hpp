#pragma once
// Bodies fitted to example images in closed form, as heads are (head.hpp).
//
// Near its weights w a network's scores are linear in a change d of them: f(w + d) = f(w) + J d, where J are gradients.
// So the change that brings the scores of the examples nearest to their classes is a ridge regression on gradients (Mu,
// Liang & Li 2020, "Gradients as features for deep representation learning"), solved through the matrix of their
// products, the neural tangent kernel (Jacot, Gabriel & Hongler 2018), as large as there are scores. There is no
// learning rate and no descent; a pass linearises anew where the last one ended, and sees other copies.

#include "weightloom/generator/head.hpp"

namespace weightloom {

// Whether the body can be fitted to examples [R, n, C, H, W]: their gradients fit into the budget of memory and
// operations, and half of the examples is enough to judge the other half by.
bool can_fit_body(const NetworkPlan& plan, const torch::Tensor& examples);

// What fit_body() takes at most, in bytes, for a network of so many weights.
std::uint64_t body_fit_memory(std::int64_t weights);

// One pass: `weights` (population 1, running statistics as they are to be used) with the body that the ridge regression
// gives for jittered copies (runtime/jitter.hpp) of the examples [R, n, C, H, W], other ones in every pass, so that
// passes learn from many more images than each of them can hold. Its head is to be fitted anew. REQUIRES
// can_fit_body().
Weights fit_body(const NetworkPlan& plan, const Weights& weights, const torch::Tensor& examples,
                 torch::Generator& draws);

// So many passes of fit_body() on the examples of with_copies() [K, R, n, C, H, W]; the body of `weights` (population
// 1) becomes a running mean over them. Then fit_head(), which is returned; its expected accuracy is too high after
// passes, which have seen the examples that it is judged on. `seed` draws the copies of the passes.
LinearHead fit_body_and_head(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& examples,
                             std::int64_t passes, std::uint64_t seed, Weights& weights);

// A dozen passes of fit_body() and the head fitted anew, unless passes tell clearly less of one half of the examples
// when the other half is all there is; returns their number. 0: `weights` (population 1) and `head`, which is theirs,
// are as they were. So it is where the head's classes are known. Where there are passes, the head's expected accuracy
// is that of the halves, which knew half as many examples, and may have stopped sooner, since they had shown enough.
std::int64_t fit_body_where_better(const Anchor* anchor, const NetworkPlan& plan, const torch::Tensor& examples,
                                   std::uint64_t seed, Weights& weights, LinearHead& head);

}  // namespace weightloom
