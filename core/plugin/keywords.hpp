#pragma once
// What people call the networks of a plugin, in its schema (docs/plugin_abi.md).

#include <string>
#include <vector>

#include "weightloom/base/json.hpp"

namespace weightloom {

// Empty where the schema has none. Throws kPlugin "plugin.contract" for what is no list of short texts.
std::vector<std::string> keywords_of(const Json& schema);

}  // namespace weightloom
