#pragma once
// Finds architecture plugins, refuses bad ones before any of their code runs, and asks good ones in processes of their
// own (docs/plugin_abi.md). No LibTorch.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/plugin/hosting.hpp"
#include "weightloom/plugin/identity.hpp"

namespace weightloom {

struct RejectedPlugin {
  std::filesystem::path path;
  std::string why;  // every mismatch in one sentence, with a remedy
};

class PluginRegistry {
 public:
  // Scans `directories` (not recursively) for *.wlplugin.so and reads identities from the files; loads nothing. Where
  // two files have one id, the one in the earlier directory is kept and the other rejected. Missing directories are
  // skipped.
  explicit PluginRegistry(std::vector<std::filesystem::path> directories, PluginHosting hosting = {});
  ~PluginRegistry();
  PluginRegistry(PluginRegistry&&) noexcept;

  // `extra` (--plugin-dir), then WEIGHTLOOM_PLUGIN_PATH (ignored when privileges are elevated), then the folder beside
  // the executable (`../plugins`), then the installed one (`../lib/weightloom/plugins`). Throws kNotFound when one of
  // `extra` does not exist.
  static std::vector<std::filesystem::path> default_directories(const std::vector<std::filesystem::path>& extra = {});

  const std::vector<PluginIdentity>& plugins() const;
  const std::vector<RejectedPlugin>& rejected() const;
  // By id, or by short name when that is unique. Throws kNotFound with the nearest name, kAmbiguous,
  // kPlugin when a file of that name was refused.
  const PluginIdentity& find(const std::string& id_or_name) const;
  // Makes one more file known, ahead of those found by scanning. Throws kPlugin when it is refused, its id being taken
  // included, kNotFound when there is no such file.
  const PluginIdentity& add(const std::filesystem::path& file);

  // The three functions of a plugin. Every call has a fresh process. Where a configuration is given there are two, the
  // second at another time and in other surroundings, and only what both say is believed. Throw kPlugin on any breach
  // of contract: "plugin.crashed", "plugin.exited", "plugin.hung", "plugin.memory", "plugin.output" for how it ended,
  // "plugin.unsteady" where the two say different things. [any-thread]
  Json schema(const std::string& id_or_name) const;
  // Throws kUsage with the plugin's own message when the configuration is not acceptable.
  Json canonicalise(const std::string& id_or_name, const Json& config) const;
  NetworkDescription describe(const std::string& id_or_name, const Json& config) const;
  // The description as the plugin wrote it, unchecked.
  std::string describe_text(const std::string& id_or_name, const Json& config) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightloom
