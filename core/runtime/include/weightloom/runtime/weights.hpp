#pragma once
// The weights of a population of networks that share one description.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

// tensors[i] is [P, *description.parameters[i].shape], float32, on the CPU, where P is the size of the population.
// A value type: copies share storage until written through clone().
struct Weights {
  std::vector<torch::Tensor> tensors;

  std::int64_t population() const { return tensors.empty() ? 0 : tensors.front().size(0); }
  Weights clone() const;
  Weights detach() const;
  // The networks at `indices` (int64), as a new population.
  Weights select(const torch::Tensor& indices) const;
  Weights member(std::int64_t index) const;  // population of 1
  Weights repeat(std::int64_t times) const;  // REQUIRES population 1
};

Weights concatenate(const std::vector<Weights>& parts);

// Fresh draws by each parameter's Init. Bit-reproducible for a seed.
Weights initial_weights(const NetworkDescription& description, std::int64_t population, std::uint64_t seed);

// float32 copy of a tensor of type F32, F16, BF16 or F64. Throws kRefused "weights.dtype".
torch::Tensor to_float_tensor(const HostTensor& tensor);

// Conversions; throw kRefused "weights.*" when a tensor is missing, unexpected, of another shape, or not
// F32/F16/BF16/F64.
Weights to_weights(const NetworkDescription& description, const TensorMap& tensors);
TensorMap to_tensor_map(const NetworkDescription& description, const Weights& weights, std::int64_t index = 0);

}  // namespace weightloom
