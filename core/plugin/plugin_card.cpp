#include "weightloom/plugin/plugin_card.hpp"

#include <algorithm>
#include <optional>

#include "keywords.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kSchema = "weightloom.plugin_cards/1";
constexpr std::uint64_t kMostBytes = 16u << 20;

// Of a plugin's file, as it is now; null when it is gone.
Json state_of(const fs::path& plugin) {
  std::error_code error;
  const auto bytes = fs::file_size(plugin, error);
  const auto changed = fs::last_write_time(plugin, error);
  return error ? Json() : Json{bytes, changed.time_since_epoch().count()};
}

// {"plugins": {path: {"state": ..., "keywords": [...], "task": ..., "reads_images": ...}}}; empty where there is none
// that can be used.
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

std::optional<PluginCard> remembered(const Json& entry, const Json& state) {
  if (!entry.is_object() || state.is_null() || entry.value("state", Json()) != state) return std::nullopt;
  try {
    return PluginCard{keywords_of(entry), entry.at("task"), entry.at("reads_images")};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

PluginCard asked(const PluginRegistry& registry, const PluginIdentity& plugin) {
  PluginCard card;
  try {
    card.keywords = keywords_of(registry.schema(plugin.id));
    const auto network = registry.describe(plugin.id, Json::object());
    card.task = network.task;
    card.reads_images = network.input.tokens == 0 && network.input.shape.size() == 3;
  } catch (const Error&) {
    // Whoever asks for that architecture is told what is wrong with it.
  }
  return card;
}

std::string name_of(const PluginIdentity& plugin, const PluginRegistry& registry) {
  const bool alone = std::ranges::count(registry.plugins(), plugin.name, &PluginIdentity::name) == 1;
  return alone ? plugin.name : plugin.id;
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

PluginCards plugin_cards(const PluginRegistry& registry) {
  PluginCards out;
  for (const auto& plugin : registry.plugins()) out[name_of(plugin, registry)] = asked(registry, plugin);
  return out;
}

PluginCards plugin_cards(const PluginRegistry& registry, const std::filesystem::path& file) {
  const auto cache = read_cache(file);
  Json plugins = Json::object();
  PluginCards out;
  bool fresh = false;
  for (const auto& plugin : registry.plugins()) {
    const auto state = state_of(plugin.path);
    const auto& known = cache.at("plugins");
    const auto entry = known.find(plugin.path.string());
    auto card = entry == known.end() ? std::nullopt : remembered(*entry, state);
    fresh |= !card;
    if (!card) card = asked(registry, plugin);
    plugins[plugin.path.string()] = {
        {"state", state}, {"keywords", card->keywords}, {"task", card->task}, {"reads_images", card->reads_images}};
    out[name_of(plugin, registry)] = std::move(*card);
  }
  if (fresh) write_cache(file, {{"schema", kSchema}, {"plugins", std::move(plugins)}});
  return out;
}

std::map<std::string, std::vector<std::string>> plugin_keywords(const PluginCards& cards) {
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [name, card] : cards) out[name] = card.keywords;
  return out;
}

}  // namespace weightloom
