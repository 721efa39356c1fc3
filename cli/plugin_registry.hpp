#pragma once
// The plugins that the command line works with.

#include "cli/context.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom::cli {

// Those of --plugin-dir, the environment, the build and the installation, in this order.
PluginRegistry plugin_registry(const Context& context, PluginHosting hosting = {});

}  // namespace weightloom::cli
