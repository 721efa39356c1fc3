#include "weightloom/base/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

// Of a setting in text; kMostShown of what is wrong with one.
constexpr std::size_t kLongestSetting = 1u << 20, kMostLevels = 32, kMostShown = 80;

Json to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    Json out = Json::object();
    for (const auto& [key, value] : *table) out[std::string(key.str())] = to_json(value);
    return out;
  }
  if (const auto* array = node.as_array()) {
    Json out = Json::array();
    for (const auto& value : *array) out.push_back(to_json(value));
    return out;
  }
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_boolean()) return value->get();
  std::ostringstream text;
  node.visit([&](const auto& leaf) {
    if constexpr (toml::is_value<decltype(leaf)>) text << leaf.get();
  });
  return text.str();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

[[noreturn]] void refuse(const std::string& where, const std::string& key, const std::string& why,
                         std::string hint = {}) {
  throw Error(ErrorCode::kUsage, "config.value", where + ": key '" + key + "'", why, std::move(hint));
}

}  // namespace

Json parse_toml(std::string_view text, const std::string& origin) {
  try {
    return to_json(toml::parse(text, origin));
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(ErrorCode::kUsage, "config.syntax", "cannot parse '" + origin + "'",
                "line " + std::to_string(begin.line) + ", column " + std::to_string(begin.column) + ": " +
                    std::string(error.description()))
        .at(origin);
  }
}

Json load_toml(const std::filesystem::path& path) {
  return parse_toml(read_file(path, 16u << 20), path.string());
}

void set_from_text(Json& object, std::string_view assignment) {
  const auto refuse_it = [&](const std::string& why) {
    throw Error(ErrorCode::kUsage, "config.assignment",
                "cannot use '" + std::string(assignment.substr(0, kMostShown)) +
                    (assignment.size() > kMostShown ? "...'" : "'"),
                why, "for example: --set depth=20");
  };
  if (assignment.size() > kLongestSetting) refuse_it("a setting has at most 1 MiB");
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) refuse_it("a setting has the form key=value");
  auto key = assignment.substr(0, equals);
  if (key.starts_with('.') || key.ends_with('.') || key.find("..") != std::string_view::npos)
    refuse_it("between the dots of a key stands nothing");
  if (static_cast<std::size_t>(std::ranges::count(key, '.')) >= kMostLevels)
    refuse_it("its key nests more than " + std::to_string(kMostLevels) + " levels");
  Json* at = object.is_object() ? &object : &(object = Json::object());
  for (std::size_t dot; (dot = key.find('.')) != std::string_view::npos; key.remove_prefix(dot + 1)) {
    at = &(*at)[std::string(key.substr(0, dot))];
    if (!at->is_null() && !at->is_object()) refuse_it("what it nests in is a value already");
  }
  const std::string text(assignment.substr(equals + 1));
  (*at)[std::string(key)] = try_parse_json(text).value_or(Json(text));
}

ConfigReader::ConfigReader(const Json& table, std::string where) : table_(table), where_(std::move(where)) {
  if (table_.is_null()) table_ = Json::object();
  if (!table_.is_object()) throw Error(ErrorCode::kUsage, "config.table", where_, "expected a table of keys");
}

const Json* ConfigReader::find(const std::string& key) {
  known_.insert(key);
  const auto it = table_.find(key);
  return it == table_.end() ? nullptr : &*it;
}

bool ConfigReader::has(const std::string& key) {
  return find(key) != nullptr;
}

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                                   std::int64_t most) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_number_integer()) refuse(where_, key, "expected an integer, got " + value->dump());
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(most))
    refuse(where_, key, value->dump() + " is above " + std::to_string(most));
  const auto number = value->get<std::int64_t>();
  if (number < least || number > most)
    refuse(where_, key,
           std::to_string(number) + " is outside " + std::to_string(least) + " .. " + std::to_string(most));
  return number;
}

double ConfigReader::number(const std::string& key, double fallback, double least, double most) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_number()) refuse(where_, key, "expected a number, got " + value->dump());
  const double number = value->get<double>();
  if (!(number >= least && number <= most))
    refuse(where_, key, value->dump() + " is outside " + Json(least).dump() + " .. " + Json(most).dump());
  return number;
}

bool ConfigReader::boolean(const std::string& key, bool fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_boolean()) refuse(where_, key, "expected true or false, got " + value->dump());
  return value->get<bool>();
}

std::string ConfigReader::text(const std::string& key, const std::string& fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_string()) refuse(where_, key, "expected a string, got " + value->dump());
  return value->get<std::string>();
}

std::string ConfigReader::required_text(const std::string& key) {
  if (!has(key)) refuse(where_, key, "is required");
  return text(key, {});
}

std::string ConfigReader::choice(const std::string& key, const std::vector<std::string>& choices,
                                 const std::string& fallback) {
  const auto chosen = text(key, fallback);
  if (std::ranges::count(choices, chosen) > 0) return chosen;
  std::string list = '"' + choices.front() + '"';
  for (std::size_t i = 1; i < choices.size(); ++i)
    list += (i + 1 < choices.size() ? ", \"" : " or \"") + choices[i] + '"';
  refuse(where_, key, "'" + chosen + "' is not known", "use " + list);
}

std::vector<std::string> ConfigReader::texts(const std::string& key) {
  const Json* list = find(key);
  if (!list) refuse(where_, key, "is required");
  if (!list->is_array() || list->empty() || !std::ranges::all_of(*list, [](const Json& x) { return x.is_string(); }))
    refuse(where_, key, "expected a list of at least one string, got " + list->dump());
  return list->get<std::vector<std::string>>();
}

Json ConfigReader::value(const std::string& key, Json fallback) {
  const Json* value = find(key);
  return value ? *value : std::move(fallback);
}

void ConfigReader::finish() const {
  for (const auto& [key, value] : table_.items()) {
    if (known_.contains(key)) continue;
    const auto near = nearest_name(key, {known_.begin(), known_.end()});
    refuse(where_, key, "is not known", near.empty() ? std::string() : "did you mean '" + near + "'?");
  }
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = 3;
  for (const auto& candidate : candidates)
    if (const auto distance = edit_distance(word, candidate); distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  if (best.empty() && word.size() >= 2)
    for (const auto& candidate : candidates)
      if (candidate.starts_with(word)) return candidate;
  return best;
}

}  // namespace weightloom
