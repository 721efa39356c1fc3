#pragma once
// Configuration files: TOML in, one JSON value out, so that every consumer validates the same kind of value. The
// functions are [any-thread].

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/json.hpp"

namespace weightloom {

// Parses TOML 1.0. Throws kUsage "config.syntax" with line and column, load_toml() also what read_file() throws (at
// most 16 MiB are read). Dates become ISO 8601 strings. `origin` names the text in messages.
Json load_toml(const std::filesystem::path& path);
Json parse_toml(std::string_view text, const std::string& origin = "configuration");

// "key=value" as given on a command line, set in `object`: value is JSON when it parses as JSON, else a string. Dots in
// the key nest. What is no object is replaced by one. Throws kUsage "config.assignment" when there is no "=", no
// key or an empty part of one, and for more than 32 levels or 1 MiB.
void set_from_text(Json& object, std::string_view assignment);

// A checked copy of one table: typed access with defaults, and finish() refuses keys that nobody asked for, suggesting
// the nearest known one. `where` prefixes every message ("recipe.toml: [grow]"). A value of another type or outside
// `least` .. `most` (both allowed) throws kUsage "config.value"; what is no table throws "config.table". Not
// thread-safe.
class ConfigReader {
 public:
  ConfigReader(const Json& table, std::string where);

  const std::string& where() const { return where_; }
  bool has(const std::string& key);
  std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t least, std::int64_t most);
  double number(const std::string& key, double fallback, double least, double most);
  bool boolean(const std::string& key, bool fallback);
  std::string text(const std::string& key, const std::string& fallback);
  // Throws kUsage "config.value" when it is absent.
  std::string required_text(const std::string& key);
  // One of `choices`, of which there are at least two.
  std::string choice(const std::string& key, const std::vector<std::string>& choices, const std::string& fallback);
  // A list of at least one text; throws kUsage "config.value" when it is absent, too.
  std::vector<std::string> texts(const std::string& key);
  // The raw value, `fallback` when absent.
  Json value(const std::string& key, Json fallback = nullptr);
  // Throws kUsage "config.value" for a key that no call above has named.
  void finish() const;

 private:
  const Json* find(const std::string& key);
  Json table_;
  std::string where_;
  std::set<std::string> known_;
};

// The candidate nearest to `word` in optimal string alignment (Damerau-Levenshtein without overlapping edits, in
// bytes), at most 2 and less than its length; else the first that begins with `word`, of at least 2 bytes; else "".
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace weightloom
