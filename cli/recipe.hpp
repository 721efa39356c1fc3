#pragma once
// What commands read of a recipe file.

#include <cstdint>
#include <string>

#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// The table `name` of the recipe at `path`; empty when `path` is empty or the recipe has no such table.
Json recipe_table(const std::string& path, const std::string& name);
// The recipe's own seed; 0 when it states none. Throws kUsage "config.value" for what parse_recipe() would refuse.
std::uint64_t recipe_seed(const std::string& path);

}  // namespace weightloom::cli
