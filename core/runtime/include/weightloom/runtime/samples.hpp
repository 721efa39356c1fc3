#pragma once
// Samples that mean nothing, for whoever wants to see what a network does with any.

#include "weightloom/compute/torch.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

// [count, *input], drawn from `generator`: numbers of words where an `embedding` looks them up, also in parts of the
// input that come to it by ways that change no values, and everywhere in an input of tokens; else standard normal.
torch::Tensor random_samples(const NetworkDescription& description, std::int64_t count, torch::Generator& generator);

}  // namespace weightloom
