#include "weightloom/plugin/scaffold.hpp"

#include <algorithm>
#include <regex>

#include "identity_checks.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace fs = std::filesystem;
namespace {

void check_name(const std::string& name) {
  static const std::regex form("[a-z][a-z0-9_]{0,62}");
  if (!std::regex_match(name, form))
    throw Error(ErrorCode::kUsage, "plugin.bad_name", "'" + name + "' cannot name a plugin",
                "a name is a lower-case letter followed by letters, digits and underscores, at most 63 in all",
                "for example: mixer, my_net_2");
}

void check_id(const std::string& id) {
  if (id.size() > 127 || !is_plugin_id(id))
    throw Error(ErrorCode::kUsage, "plugin.bad_id", "'" + id + "' cannot be a plugin's id",
                "an id is a reversed domain name that you control, followed by the plugin's name",
                "for example: org.example.mixer");
}

std::string with_names(std::string text, const std::string& name, const std::string& id) {
  const auto replace_all = [&](std::string_view placeholder, const std::string& value) {
    for (auto at = text.find(placeholder); at != text.npos; at = text.find(placeholder, at + value.size()))
      text.replace(at, placeholder.size(), value);
  };
  replace_all("@name@", name);
  replace_all("@id@", id);
  return text;
}

// What a project begins with: the source, and where it comes from.
fs::path source_to_begin_with(const fs::path& template_directory, const std::string& like) {
  if (like.empty()) return template_directory / "plugin.cpp";
  const auto folder = template_directory.parent_path() / "plugins";
  std::vector<std::string> known;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) known.push_back(entry.path().stem());
  if (std::ranges::find(known, like) != known.end()) return folder / (like + ".cpp");
  const auto near = nearest_name(like, known);
  throw Error(ErrorCode::kNotFound, "plugin.no_source", "there is no source of a plugin '" + like + "'",
              "the SDK has those of the shipped plugins, in " + folder.string(),
              near.empty() ? "leave --like out to begin with the template" : "did you mean '" + near + "'?");
}

}  // namespace

fs::path plugin_template() {
  const auto prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  auto result = prefix / "share/weightloom/sdk/template";
  if (!fs::is_directory(result))
    throw Error(ErrorCode::kNotFound, "plugin.no_template", "no plugin template at " + result.string(),
                "the SDK is not installed beside this program", "install Weightloom with its SDK");
  return result;
}

std::vector<fs::path> new_plugin(const fs::path& directory, const std::string& name, const std::string& id,
                                 const std::string& like, const fs::path& template_directory) {
  check_name(name);
  check_id(id);
  const auto source = source_to_begin_with(template_directory, like);
  if (fs::exists(directory) && !(fs::is_directory(directory) && fs::is_empty(directory)))
    throw Error(ErrorCode::kRefused, "plugin.exists", "cannot start a plugin in " + directory.string(),
                "something is there already", "name an empty or a new directory");
  std::error_code error;
  const NewFolder folder(directory, error);
  if (error)
    throw write_error("plugin.not_writable", "cannot start a plugin in " + directory.string(), error.value(),
                      directory);
  std::vector<fs::path> result;
  try {
    for (const auto& entry : fs::directory_iterator(template_directory)) {
      const bool is_source = entry.path().filename() == "plugin.cpp";
      result.push_back(directory / (is_source ? fs::path(name + ".cpp") : entry.path().filename()));
      write_file(result.back(), with_names(read_file(is_source ? source : entry.path(), 1u << 20), name, id));
    }
  } catch (...) {  // half a project would stand in the way of the next attempt
    for (const auto& file : result) fs::remove(file, error);
    throw;
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace weightloom
