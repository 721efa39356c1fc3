#pragma once
// Random numbers of LibTorch. Nothing in this project draws from the process-wide generator.

#include <cstdint>

#include "weightloom/compute/torch.hpp"

namespace weightloom {

// A generator on the CPU of its own for each consumer; seeds come from derive_seed() (base/random.hpp). It draws what
// the process-wide one draws after torch::manual_seed(seed). Copies share its state; not thread-safe.
torch::Generator make_generator(std::uint64_t seed);

}  // namespace weightloom
