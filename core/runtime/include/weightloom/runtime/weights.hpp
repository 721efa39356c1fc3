#pragma once
// The weights of a population of networks that share one description.

#include <cstdint>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/compute/options.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

// tensors[i] is [P, *description.parameters[i].shape], where P is the size of the population; all are of one type and
// on one device. A value type whose copies share storage: clone() before writing.
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

// One part is itself.
Weights concatenate(const std::vector<Weights>& parts);
// The mean over the members, population 1.
Weights mean(const Weights& members);

// Fresh draws by each parameter's Init, member p and each tensor from a seed of its own. Bit-reproducible for a seed.
// Values are drawn in float32 on the CPU, so that they are the same for all options. Throws kFailure "runtime.memory".
Weights initial_weights(const NetworkDescription& description, std::int64_t population, std::uint64_t seed,
                        const ComputeOptions& options = {});

// A copy of a tensor of floating-point numbers or integers. Throws kRefused "weights.dtype".
torch::Tensor to_float_tensor(const HostTensor& tensor, const ComputeOptions& options = {});

// A population of 1. Throws kRefused "weights.mismatch", naming every tensor that is missing, unexpected, of another
// shape, or not F32/F16/BF16/F64.
Weights to_weights(const NetworkDescription& description, const TensorMap& tensors, const ComputeOptions& options = {});
// Member `index` as F32, whatever the type of `weights`.
TensorMap to_tensor_map(const NetworkDescription& description, const Weights& weights, std::int64_t index = 0);
// The same of a population of 1, which is given up tensor by tensor: both together take little more memory than one.
TensorMap to_tensor_map(const NetworkDescription& description, Weights&& network);

}  // namespace weightloom
