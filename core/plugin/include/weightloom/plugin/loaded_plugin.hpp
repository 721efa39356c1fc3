#pragma once
// One plugin whose code is in the process. Text in, text out; what it means is the registry's business.

#include <cstdint>
#include <string>
#include <string_view>

#include "weightloom/plugin/identity.hpp"

struct wl_plugin_v1;

namespace weightloom {

// Cheap to copy; the code stays loaded until the process ends. [any-thread]
class LoadedPlugin {
 public:
  // Loads the file on its first use in this process and checks its entry against `identity`. Throws kPlugin
  // "plugin.load" with the dynamic loader's own words, or "plugin.refused" naming every mismatch.
  static LoadedPlugin load(const PluginIdentity& identity);

  const PluginIdentity& identity() const { return identity_; }

  // Each throws kUsage with the plugin's own message where the configuration is not acceptable, and kPlugin
  // "plugin.contract" when the plugin fails, throws, or writes too much (schema and configuration 1 MiB, description 64
  // MiB) or nothing.
  std::string schema() const;
  std::string canonicalise(std::string_view config) const;
  std::string describe(std::string_view config) const;

  // For whoever holds a plugin against its contract: whether it answers an extension's id, and what `describe` returns
  // when its text is refused.
  bool has_extension(const std::string& id) const;
  std::int32_t describe_in_vain(std::string_view config) const;

 private:
  LoadedPlugin(PluginIdentity identity, const wl_plugin_v1* table);
  PluginIdentity identity_;
  const wl_plugin_v1* table_;
};

}  // namespace weightloom
