#pragma once
// The values of one tensor as chunks, and back (docs/token_format.md). P networks, C places of a chunk; `count` chunks
// from `first` on. Differentiable [any-thread].

#include <cstdint>

#include "weightloom/compute/torch.hpp"
#include "weightloom/network/slots.hpp"

namespace weightloom {

// values [P, ...], as many as the tensor has -> [P, count, C]; padding is zero.
torch::Tensor cut_chunks(const SlotTensor& tensor, const torch::Tensor& values, std::int64_t chunk, std::int64_t first,
                         std::int64_t count);
// All chunks of the tensor, [P, n, C] -> [P, values]; padding is not read.
torch::Tensor join_chunks(const SlotTensor& tensor, const torch::Tensor& chunks);
// [count, C]: 1 where a value stands.
torch::Tensor chunk_mask(const SlotTensor& tensor, std::int64_t chunk, std::int64_t first, std::int64_t count,
                         const torch::TensorOptions& floats);

}  // namespace weightloom
