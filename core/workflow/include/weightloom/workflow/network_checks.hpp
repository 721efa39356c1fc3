#pragma once
// The checks of `plugin check` that execute the network: tier "execution".

#include <filesystem>
#include <vector>

#include "weightloom/plugin/check.hpp"

namespace weightloom {

// Of a network too large to be executed in a minute they are skipped. [any-thread]
std::vector<NetworkCheck> network_checks();

// What another framework makes of the same network: a weights file of its own naming, and .npy arrays of samples
// [n, *input] and of their outputs.
struct Reference {
  std::filesystem::path weights, input, output;
  double tolerance = 1e-4;  // of the largest output
};
// "matches-reference": the weights, read by the plugin's dialect that fits, put out for the samples what `reference`
// says; tells the largest deviation and where it is.
NetworkCheck reference_check(const Reference& reference);

}  // namespace weightloom
