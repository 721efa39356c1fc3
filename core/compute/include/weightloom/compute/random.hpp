#pragma once
// Random numbers of LibTorch. Nothing in this project draws from the process-wide generator.

#include <torch/torch.h>

#include <cstdint>

namespace weightloom {

// A generator of its own for each consumer; seeds come from derive_seed(). Not thread-safe.
torch::Generator make_generator(std::uint64_t seed);

}  // namespace weightloom
