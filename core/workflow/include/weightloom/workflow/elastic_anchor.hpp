#pragma once
// Anchors that serve ranges of configurations: which networks they are trained on, and the training itself.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "weightloom/network/config_ranges.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {

// The settings of a plugin's schema that only make networks wider or deeper, each from half the value that it has in
// `config` (complete, or completed by defaults) to that value, as far as the plugin accepts it; to twice the value
// where all of them together cost at most three times as much then. What `fixed` names stays as it is, as do numbers
// that change kernels, places or no tensor at all.
ConfigRanges elastic_ranges(const PluginRegistry& registry, const std::string& architecture, const Json& config,
                            const std::set<std::string>& fixed);

// The network of `config` itself, where it is within the ranges, random networks of these, none whose key
// (configuration_key()) is in `except`, and the largest one, whose weights they share, at the end. Drawn once, so that
// each is described and analysed once: by far most configurations between them are served as well. `config`: what the
// ranges leave open, with channels, size and classes. Without ranges the one network of `config`. Throws what
// PluginRegistry::describe() throws for the largest.
std::vector<Executor> anchor_networks(const PluginRegistry& plugins, const std::string& architecture,
                                      const Json& config, const ConfigRanges& ranges, std::uint64_t seed,
                                      std::set<std::string> except = {});

// Weights of the last of `networks` that serve all of them on all `sources` (train_shared()), from fresh ones; running
// statistics are the mean of those of the sources. Throws what train_shared() throws.
Weights train_anchor(const std::vector<Executor>& networks, const std::vector<const LabelledImages*>& sources,
                     const TrainingOptions& options, const ProgressSink& progress = {});

}  // namespace weightloom
