#pragma once
// Where the functions of plugins run (docs/adr/0018-plugins-in-processes-of-their-own.md).

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace weightloom {

struct PluginHosting {
  // In the caller's own process: for debuggers. A plugin that crashes or hangs takes the caller along, and nobody sees
  // whether it says the same twice.
  bool in_process = false;
  // The executable that the others run in; empty: plugin_host().
  std::filesystem::path executable = {};
  // Of one call, loading included.
  std::chrono::milliseconds time_limit{20000};
  std::uint64_t memory_limit = std::uint64_t{1} << 30;  // bytes of address space
};

// `weightloom-plugin-host`: what WEIGHTLOOM_PLUGIN_HOST names (ignored when privileges are elevated), then beside the
// running executable, then where an installation or a build has it that holds one of `directories` of plugins, then
// along PATH. Throws kFailure "plugin.no_host". [any-thread]
std::filesystem::path plugin_host(const std::vector<std::filesystem::path>& directories = {});

}  // namespace weightloom
