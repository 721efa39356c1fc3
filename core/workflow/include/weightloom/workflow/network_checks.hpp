#pragma once
// The checks of `plugin check` that execute the network: tier "execution".

#include <vector>

#include "weightloom/plugin/check.hpp"

namespace weightloom {

// Of a network too large to be executed in a minute they are skipped. [any-thread]
std::vector<NetworkCheck> network_checks();

}  // namespace weightloom
