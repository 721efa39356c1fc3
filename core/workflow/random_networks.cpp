#include "weightloom/workflow/random_networks.hpp"

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// Draws for each network that is wanted: schemas refuse some, and small ranges hold few.
constexpr std::size_t kAttempts = 8;

}  // namespace

void UnseenConfigurations::add(const NetworkDescription& network, const std::string& split) {
  (split == "held-out" ? held_out_ : trained_).insert(configuration_key(network));
}

std::set<std::string> UnseenConfigurations::keys() const {
  auto unseen = held_out_;
  for (const auto& key : trained_) unseen.erase(key);
  return unseen;
}

std::vector<NetworkDescription> random_networks(const PluginRegistry& plugins, const std::string& architecture,
                                                const Json& config, const ConfigRanges& ranges, std::size_t count,
                                                Random& random, std::set<std::string> except) {
  std::vector<NetworkDescription> networks;
  for (std::size_t attempt = 0; attempt < kAttempts * count && networks.size() < count; ++attempt) {
    try {
      auto description = plugins.describe(architecture, ranges.draw(config, random));
      if (except.insert(configuration_key(description)).second) networks.push_back(std::move(description));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;
    }
  }
  return networks;
}

}  // namespace weightloom
