#pragma once
// Networks to practise on, as recipes name them.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "weightloom/generator/training.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom {

// The networks that the entries of `practice` stand for; what a configuration leaves open follows from the tokenizer's
// images and the data. None has a key (configuration_key()) in `unseen`. An entry of n networks weighs as much as
// sqrt(n), 1 to 4, groups of a zoo. Throws kUsage "generator.practice" for an entry that names no data, or ranges of
// which the plugin accepts nothing.
std::vector<PracticeNetwork> practice_networks(const std::vector<Practice>& practice, std::uint64_t seed,
                                               const PluginRegistry& registry, const Tokenizer& tokenizer,
                                               const std::set<std::string>& unseen = {});

}  // namespace weightloom
