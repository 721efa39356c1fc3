#pragma once
// Weights handed down from one network to another of the same architecture, by address (network/address.hpp).

#include <cstdint>

#include "weightloom/network/description.hpp"
#include "weightloom/runtime/weights.hpp"

namespace weightloom {

// Is the ancestor's head handed down too? It means something only for the ancestor's own classes.
enum class Head { kKeep, kInherit };

// `start` (population 1 of `target`) with every tensor that has a counterpart of the same shape in `ancestor` replaced
// by that of `weights` (population 1). Shares storage with both.
Weights inherit(const NetworkDescription& target, Weights start, const NetworkDescription& ancestor,
                const Weights& weights, Head head);

// What training for other classes starts from: the ancestor's tensors, the head at zero, fresh values where there is no
// counterpart. Population 1; owns its storage.
Weights descend_from(const NetworkDescription& target, const NetworkDescription& ancestor, const Weights& weights,
                     std::uint64_t seed);

}  // namespace weightloom
