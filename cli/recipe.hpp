#pragma once
// What engine commands share: recipe tables and the plugin registry of the command line.

#include <string>

#include "cli/context.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom::cli {

// The table `name` of the recipe at `path`; empty when `path` is empty or the recipe has no such table.
Json recipe_table(const std::string& path, const std::string& name);

PluginRegistry plugin_registry(const Context& context);

}  // namespace weightloom::cli
