#pragma once
// Where the deliberately bad plugins lie, and what the host says about them.

#include <filesystem>
#include <functional>
#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom::test {

inline std::filesystem::path plugin_file(const std::string& name) {
  return std::filesystem::path(WEIGHTLOOM_TEST_PLUGINS) / (name + ".wlplugin.so");
}

inline PluginRegistry registry_with(const std::string& name) {
  PluginRegistry registry({});
  registry.add(plugin_file(name));
  return registry;
}

struct Refusal {
  ErrorCode code{};
  std::string id, what, why, hint;
};

inline Refusal refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.code(), error.id(), error.summary(), error.why(), error.hint()};
  }
  return {};
}

}  // namespace weightloom::test
