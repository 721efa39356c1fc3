#include "cli/recipe.hpp"

#include "weightloom/base/config.hpp"

namespace weightloom::cli {

Json recipe_table(const std::string& path, const std::string& name) {
  if (path.empty()) return Json::object();
  const Json recipe = load_toml(path);
  const auto found = recipe.find(name);
  return found == recipe.end() ? Json::object() : *found;
}

std::uint64_t recipe_seed(const std::string& path) {
  ConfigReader reader(load_toml(path), path);
  return static_cast<std::uint64_t>(reader.integer("seed", 0, 0, INT64_MAX));
}

}  // namespace weightloom::cli
