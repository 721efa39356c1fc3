#pragma once
// Folders of arrays (weightloom/data/arrays.hpp) as tensors.

#include "weightloom/runtime/dataset.hpp"

namespace weightloom {

// Validation is one tenth of the training samples, fixed by `split_seed`. Throws what load_tensors() does.
TensorData load_array_tensors(const DataSpec& spec, std::uint64_t split_seed, const ComputeOptions& options);

}  // namespace weightloom
