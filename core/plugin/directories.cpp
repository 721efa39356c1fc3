// Where plugins are looked for. Never the current directory: a plugin is native code with the user's privileges.
#include <stdlib.h>

#include "weightloom/base/error.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom {
namespace fs = std::filesystem;

std::vector<fs::path> PluginRegistry::default_directories(const std::vector<fs::path>& extra) {
  std::vector<fs::path> result;
  for (const auto& directory : extra) {
    if (!fs::is_directory(directory))
      throw Error(ErrorCode::kNotFound, "plugin.no_directory", "no plugin directory " + directory.string(),
                  "it does not exist or is not a directory", "check the path given to --plugin-dir");
    result.push_back(directory);
  }
  // secure_getenv: a set-uid process must not load what its caller's environment names.
  if (const char* variable = ::secure_getenv("WEIGHTLOOM_PLUGIN_PATH")) {
    for (std::string_view rest = variable; !rest.empty();) {
      const auto colon = rest.find(':');
      if (fs::path(rest.substr(0, colon)).is_absolute()) result.emplace_back(rest.substr(0, colon));
      rest = colon == rest.npos ? std::string_view() : rest.substr(colon + 1);
    }
  }
  std::error_code error;
  const auto executable = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto root = executable.parent_path().parent_path();
    result.push_back(root / "plugins");
    result.push_back(root / "lib/weightloom/plugins");
  }
  return result;
}

}  // namespace weightloom
