#pragma once
// Finds architecture plugins, refuses bad ones before any of their code runs, loads good ones on first use, and never unloads them
// (docs/plugin_abi.md). No LibTorch.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

struct PluginIdentity {
  std::string id;       // "org.weightloom.resnet"
  std::string name;     // "resnet"
  std::string version;  // "1.0.0"
  std::string license;
  std::string summary;
  int abi_major = 0, abi_minor = 0;
  std::filesystem::path path;
};

struct RejectedPlugin {
  std::filesystem::path path;
  std::string why;  // every mismatch in one sentence, with a remedy
};

class PluginRegistry {
 public:
  // Scans `directories` (not recursively) for *.wlplugin.so and reads identities from the files; loads nothing.
  explicit PluginRegistry(std::vector<std::filesystem::path> directories);
  ~PluginRegistry();
  PluginRegistry(PluginRegistry&&) noexcept;

  // `extra` (--plugin-dir), then WEIGHTLOOM_PLUGIN_PATH (ignored when privileges are elevated), then the folder beside
  // the executable, then the installed one.
  static std::vector<std::filesystem::path> default_directories(const std::vector<std::filesystem::path>& extra = {});

  const std::vector<PluginIdentity>& plugins() const;
  const std::vector<RejectedPlugin>& rejected() const;
  // By id, or by short name when that is unique. Throws kNotFound with the nearest name, kAmbiguous.
  const PluginIdentity& find(const std::string& id_or_name) const;

  // The three functions of a plugin; each loads it on first use (kPlugin on any breach of contract). [any-thread]
  Json schema(const std::string& id_or_name) const;
  // Throws kUsage with the plugin's own message when the configuration is not acceptable.
  Json canonicalise(const std::string& id_or_name, const Json& config) const;
  NetworkDescription describe(const std::string& id_or_name, const Json& config) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightloom
