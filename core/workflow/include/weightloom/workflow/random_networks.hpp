#pragma once
// Networks whose configurations are drawn at random.

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "weightloom/base/random.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom {

// Keys of configurations by whether members for training have them, and the ones that only held-out members have:
// nothing that learns draws those, so that reports may call them unseen. Not thread-safe.
class UnseenConfigurations {
 public:
  void add(const NetworkDescription& network, const std::string& split);
  std::set<std::string> keys() const;

 private:
  std::set<std::string> held_out_, trained_;
};

// Up to `count` different networks of `architecture`: `config` with settings drawn from `ranges`, but no configuration
// whose key is in `except`. Combinations that the plugin refuses are passed over; fewer when the ranges hold no more,
// or hardly any that it accepts.
std::vector<NetworkDescription> random_networks(const PluginRegistry& plugins, const std::string& architecture,
                                                const Json& config, const ConfigRanges& ranges, std::size_t count,
                                                Random& random, std::set<std::string> except = {});

}  // namespace weightloom
