#include "cli/recipe.hpp"

#include "weightloom/base/config.hpp"

namespace weightloom::cli {

Json recipe_table(const std::string& path, const std::string& name) {
  if (path.empty()) return Json::object();
  const Json recipe = load_toml(path);
  const auto found = recipe.find(name);
  return found == recipe.end() ? Json::object() : *found;
}

}  // namespace weightloom::cli
