#include "cli/settings.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom::cli {
namespace {

namespace fs = std::filesystem;
constexpr int kMostThreads = 1024;

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

// A file that another user put further up the tree could name plugins, which are code. Only one's own files and those
// of the administrator are obeyed, and none that everybody may write to. Why it is not; empty: it is.
std::string distrust(const fs::path& file) {
  struct stat target {
  }, link{};
  if (::lstat(file.c_str(), &link) != 0) return "it cannot be looked at";
  if (::stat(file.c_str(), &target) != 0) return "it is a link that leads to no file";
  if (!S_ISREG(target.st_mode)) return "it is no file";
  const auto is_ours = [](const struct stat& status) { return status.st_uid == ::geteuid() || status.st_uid == 0; };
  if (!is_ours(target) || !is_ours(link)) return "it belongs to another user";
  return (target.st_mode & S_IWOTH) != 0 ? "everybody may write to it" : "";
}

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::exists(fs::symlink_status(file, error));
}

// The nearest, also one that cannot be read: those above it are not meant.
std::optional<fs::path> project_file() {
  std::error_code error;
  for (auto folder = fs::current_path(error);; folder = folder.parent_path()) {
    const auto file = folder / "weightloom.toml";
    if (is_there(file)) return file;
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

std::optional<fs::path> user_file() {
  fs::path folder;
  if (const auto xdg = environment("XDG_CONFIG_HOME"))
    folder = *xdg;
  else if (const auto home = environment("HOME"))
    folder = fs::path(*home) / ".config";
  else
    return std::nullopt;
  const auto file = folder / "weightloom" / "config.toml";
  if (!is_there(file)) return std::nullopt;
  std::error_code error;
  if (fs::is_regular_file(file, error)) return file;
  log().warn("'{}' is not obeyed: it is no file", printable(file.string()));
  return std::nullopt;
}

fs::path cache_folder() {
  if (const auto xdg = environment("XDG_CACHE_HOME")) return fs::path(*xdg) / "weightloom";
  if (const auto home = environment("HOME")) return fs::path(*home) / ".cache" / "weightloom";
  return ".cache/weightloom";
}

// Paths in a file are relative to that file.
void apply_file(Settings& settings, const fs::path& file) {
  ConfigReader reader(load_toml(file), file.string());
  settings.progress = reader.text("progress", settings.progress);
  settings.color = reader.text("color", settings.color);
  settings.log = reader.text("log", settings.log);
  settings.threads = static_cast<int>(reader.integer("threads", settings.threads, 0, kMostThreads));
  if (reader.has("zoo")) settings.zoo = file.parent_path() / reader.required_text("zoo");
  if (reader.has("words")) settings.words = file.parent_path() / reader.required_text("words");
  if (reader.has("plugin_dirs")) {
    settings.plugin_dirs.clear();
    for (const auto& folder : reader.value("plugin_dirs")) {
      if (!folder.is_string())
        throw Error(ErrorCode::kUsage, "config.value", file.string() + ": key 'plugin_dirs'",
                    "expected a list of strings");
      settings.plugin_dirs.push_back(file.parent_path() / folder.get<std::string>());
    }
  }
  reader.finish();
}

int parse_threads(const std::string& text, const std::string& origin) {
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (error != std::errc() || end != text.data() + text.size() || threads < 0 || threads > kMostThreads)
    throw Error(ErrorCode::kUsage, "config.value", origin + ": '" + text + "'",
                "expected a number of threads, 0 to " + std::to_string(kMostThreads));
  return threads;
}

void apply_environment(Settings& settings) {
  if (const auto value = environment("WEIGHTLOOM_ZOO")) settings.zoo = *value;
  if (const auto value = environment("WEIGHTLOOM_WORDS")) settings.words = *value;
  if (const auto value = environment("WEIGHTLOOM_LOG")) settings.log = *value;
  if (const auto value = environment("WEIGHTLOOM_PROGRESS")) settings.progress = *value;
  if (const auto value = environment("WEIGHTLOOM_THREADS"))
    settings.threads = parse_threads(*value, "WEIGHTLOOM_THREADS");
  if (environment("NO_COLOR")) settings.color = "never";
}

void apply_command_line(Settings& settings, const GlobalOptions& given) {
  settings.json = given.json;
  settings.jsonl = given.jsonl;
  settings.quiet = given.quiet;
  settings.verbose = given.verbose;
  settings.yes = given.yes;
  settings.no_input = given.no_input;
  if (given.progress) settings.progress = *given.progress;
  if (given.color) settings.color = *given.color;
  if (given.log) settings.log = *given.log;
  if (given.zoo) settings.zoo = *given.zoo;
  if (given.threads) settings.threads = *given.threads;
  if (!given.plugin_dirs.empty()) settings.plugin_dirs.assign(given.plugin_dirs.begin(), given.plugin_dirs.end());
}

void require_one_of(const std::string& name, const std::string& value, const std::vector<std::string>& allowed) {
  if (std::ranges::find(allowed, value) != allowed.end()) return;
  std::string list;
  for (const auto& word : allowed) list += (list.empty() ? "" : ", ") + word;
  const auto near = nearest_name(value, allowed);
  throw Error(ErrorCode::kUsage, "option.value", "cannot use '" + value + "' for " + name, "it is one of " + list,
              near.empty() ? std::string() : "did you mean '" + near + "'?");
}

}  // namespace

Settings resolve_settings(const GlobalOptions& given) {
  Settings settings;
  settings.words = cache_folder() / "words.safetensors";
  settings.evaluations = cache_folder() / "evaluations";
  settings.plugin_cards = cache_folder() / "plugin_cards.json";
  if (const auto file = user_file()) apply_file(settings, *file);
  if (const auto file = project_file()) {
    if (const auto why = distrust(*file); why.empty())
      apply_file(settings, *file);
    else
      log().warn("'{}' is not obeyed: {}", printable(file->string()), why);
  }
  apply_environment(settings);
  apply_command_line(settings, given);
  require_one_of("progress", settings.progress, kProgressModes);
  require_one_of("color", settings.color, kColorModes);
  require_one_of("log", settings.log, kLogLevels);
  if (settings.json && settings.jsonl)
    throw Error(ErrorCode::kUsage, "option.conflict", "--json and --jsonl exclude each other", "", "give one of them");
  return settings;
}

}  // namespace weightloom::cli
