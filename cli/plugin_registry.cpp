#include "cli/plugin_registry.hpp"

namespace weightloom::cli {

PluginRegistry plugin_registry(const Context& context) {
  return PluginRegistry(PluginRegistry::default_directories(context.plugin_directories()));
}

}  // namespace weightloom::cli
