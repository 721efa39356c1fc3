#pragma once
// Gradients of single outputs for single examples.

#include <cstddef>
#include <vector>

#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// How the outputs of a network change with its weights, example by example: row e * k + i is the gradient of output
// `outputs`[e, i] for example e, for the tensors `parameters` (indices into the description's parameters, none twice),
// flattened, one after the other. weights of population 1; images [E, *input]; outputs [E, k], int64. Returns
// [E * k, values of all these tensors]. Batch normalisation uses running statistics. Interruptible. Throws kFailure
// "runtime.*".
torch::Tensor example_gradients(const Executor& executor, const Weights& weights,
                                const std::vector<std::size_t>& parameters, const torch::Tensor& images,
                                const torch::Tensor& outputs);

}  // namespace weightloom
