#include "weightloom/plugin/keyword_cache.hpp"

#include <algorithm>
#include <optional>

#include "keywords.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kSchema = "weightloom.keywords/1";
constexpr std::uint64_t kMostBytes = 16u << 20;

// Of a plugin's file, as it is now; null when it is gone.
Json state_of(const fs::path& plugin) {
  std::error_code error;
  const auto bytes = fs::file_size(plugin, error);
  const auto changed = fs::last_write_time(plugin, error);
  return error ? Json() : Json{bytes, changed.time_since_epoch().count()};
}

// {"plugins": {path: {"state": ..., "keywords": [...]}}}; empty where there is none that can be used.
Json read_cache(const fs::path& file) {
  try {
    auto cache = parse_json(read_file(file, kMostBytes), file.string());
    if (cache.is_object() && cache.value("schema", Json()) == kSchema && cache.value("plugins", Json()).is_object())
      return cache;
  } catch (const Error&) {
    // There is none yet, or somebody else wrote to it: plugins are asked.
  }
  return {{"schema", kSchema}, {"plugins", Json::object()}};
}

std::optional<std::vector<std::string>> remembered(const Json& entry, const Json& state) {
  if (!entry.is_object() || state.is_null() || entry.value("state", Json()) != state) return std::nullopt;
  try {
    return keywords_of(entry);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<std::string> asked(const PluginRegistry& registry, const PluginIdentity& plugin) {
  try {
    return keywords_of(registry.schema(plugin.id));
  } catch (const Error&) {
    return {};  // whoever asks for that architecture is told what is wrong with it
  }
}

void write_cache(const fs::path& file, const Json& cache) {
  try {
    std::error_code ignored;
    fs::create_directories(file.parent_path(), ignored);
    write_file(file, cache.dump());
  } catch (const Error&) {
    // The next command asks again.
  }
}

}  // namespace

std::map<std::string, std::vector<std::string>> remembered_keywords(const PluginRegistry& registry,
                                                                    const fs::path& file) {
  const auto cache = read_cache(file);
  Json plugins = Json::object();
  std::map<std::string, std::vector<std::string>> out;
  bool fresh = false;
  for (const auto& plugin : registry.plugins()) {
    const auto state = state_of(plugin.path);
    const auto& known = cache.at("plugins");
    const auto entry = known.find(plugin.path.string());
    auto words = entry == known.end() ? std::nullopt : remembered(*entry, state);
    fresh |= !words;
    if (!words) words = asked(registry, plugin);
    plugins[plugin.path.string()] = {{"state", state}, {"keywords", *words}};
    const bool alone = std::ranges::count(registry.plugins(), plugin.name, &PluginIdentity::name) == 1;
    out[alone ? plugin.name : plugin.id] = std::move(*words);
  }
  if (fresh) write_cache(file, {{"schema", kSchema}, {"plugins", std::move(plugins)}});
  return out;
}

}  // namespace weightloom
