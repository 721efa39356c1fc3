#pragma once
// Configuration files: TOML in, one JSON value out, so that every consumer validates the same kind of value.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/json.hpp"

namespace weightloom {

// Parses TOML. Throws kUsage "config.syntax" with line and column. Dates become ISO 8601 strings.
Json load_toml(const std::filesystem::path& path);
Json parse_toml(std::string_view text, const std::string& origin = "configuration");

// "key=value" as given on a command line: value is JSON when it parses as JSON, else a string. Dots in the key nest.
void set_from_text(Json& object, std::string_view assignment);

// A checked view of one table: typed access with defaults, and finish() refuses keys that nobody asked for,
// suggesting the nearest known one. `where` prefixes every message ("recipe.toml: [grow]"). Throws kUsage.
class ConfigReader {
 public:
  ConfigReader(const Json& table, std::string where);
  ~ConfigReader() = default;

  bool has(const std::string& key);
  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t least, std::int64_t most);
  double number(const std::string& key, double fallback, double least, double most);
  bool boolean(const std::string& key, bool fallback);
  std::string text(const std::string& key, const std::string& fallback);
  std::string required_text(const std::string& key);
  // The raw value, `fallback` when absent.
  Json value(const std::string& key, Json fallback = nullptr);
  void finish() const;

 private:
  const Json* find(const std::string& key);
  Json table_;
  std::string where_;
  std::set<std::string> known_;
};

// The candidate at Damerau-Levenshtein distance <= 2 (or that `word` is a prefix of), empty when there is none.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace weightloom
