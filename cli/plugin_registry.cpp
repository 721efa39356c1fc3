#include "cli/plugin_registry.hpp"

namespace weightloom::cli {

PluginRegistry plugin_registry(const Context& context, PluginHosting hosting) {
  return PluginRegistry(PluginRegistry::default_directories(context.plugin_directories()), std::move(hosting));
}

}  // namespace weightloom::cli
