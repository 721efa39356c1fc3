#pragma once
// Tables of recipe files.

#include <string>

#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// The table `name` of the recipe at `path`; empty when `path` is empty or the recipe has no such table.
Json recipe_table(const std::string& path, const std::string& name);

}  // namespace weightloom::cli
