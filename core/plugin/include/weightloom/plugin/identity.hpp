#pragma once
// Who a plugin is, read from its file without loading it: constructors run inside dlopen, so this is the only real
// "before".

#include <filesystem>
#include <string>

namespace weightloom {

struct PluginIdentity {
  std::string id;       // "org.weightloom.resnet"
  std::string name;     // "resnet"
  std::string version;  // "1.0.0"
  std::string license;
  std::string summary;
  int abi_major = 0, abi_minor = 0;
  std::filesystem::path path;  // absolute, symlinks resolved
};

// Throws kPlugin "plugin.refused" naming every mismatch and a remedy; kNotFound when there is no such file.
// [any-thread]
PluginIdentity read_plugin_identity(const std::filesystem::path& path);

}  // namespace weightloom
