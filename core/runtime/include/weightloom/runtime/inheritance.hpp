#pragma once
// Weights handed down from one network to another of the same architecture, of any width and depth (network/cut.hpp).

#include <cstdint>

#include "weightloom/network/cut.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/runtime/weights.hpp"

namespace weightloom {

// Is the ancestor's head handed down too? It means something only for the ancestor's own classes.
enum class Head { kKeep, kInherit };

// The part of `source` [P, ...] that `cut` names. Differentiable; shares storage where the cut is whole.
torch::Tensor cut_tensor(const torch::Tensor& source, const TensorCut& cut);

// `start` (population 1 of `target`) with every tensor that has a counterpart in `ancestor` replaced by what is cut
// from `weights` (population 1). May share storage with both.
Weights inherit(const NetworkDescription& target, Weights start, const NetworkDescription& ancestor,
                const Weights& weights, Head head);

// What training for other classes starts from: the ancestor's tensors, the head at zero, fresh values where there is no
// counterpart. Population 1; owns its storage.
Weights descend_from(const NetworkDescription& target, const NetworkDescription& ancestor, const Weights& weights,
                     std::uint64_t seed);

}  // namespace weightloom
