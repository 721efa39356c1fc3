#pragma once
// Start values for networks that have no ancestor.

#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// `weights` (population 1) where every layer that multiplies by a matrix, the head left out, is divided by the standard
// deviation of what it makes of `images` [N, *input], in the order of the graph (Mishkin & Matas 2016, in one pass and
// without orthogonal directions), if that is below 1/20 or above 20. So signals neither vanish nor explode, however
// deep and however unlike the initialisers' assumptions a network is, and others start as they were made to. A layer
// that is constant on the images stays as it is.
Weights unit_variance(const Executor& executor, Weights weights, const torch::Tensor& images);

}  // namespace weightloom
