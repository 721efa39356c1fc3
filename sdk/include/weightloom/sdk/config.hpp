#pragma once
// A plugin's configuration: declared once, then checked, completed and documented from the declaration.
//
//   ConfigSchema schema() {
//     return ConfigSchema()
//         .integer("depth", 20, {8, 1202}, "number of weighted layers, 6n+2")
//         .choice("style", "cifar", {"cifar", "imagenet"}, "the paper's small or large form")
//         .preset("resnet56", {{"depth", 56}});
//   }
//
// The canonical form has every key, in the order of declaration, and no `preset`. A default, a preset or defaults_when
// that names no key of the schema, or a value that its key does not allow, is the author's mistake: read() throws
// std::logic_error.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightloom/sdk/json.hpp"

namespace weightloom::sdk {

// The caller's configuration is not acceptable: which key, why, and what to use instead.
class ConfigError : public std::runtime_error {
 public:
  ConfigError(std::string_view key, std::string_view problem, std::string_view remedy)
      : std::runtime_error("config key '" + std::string(key) + "': " + std::string(problem) + "; " +
                           std::string(remedy)) {}
  explicit ConfigError(const std::string& message) : std::runtime_error(message) {}
};

// A valid configuration that this plugin does not implement.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Inclusive.
struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

// A checked configuration. Asking for a key that the schema does not declare, or as another type, throws
// std::logic_error.
class Config {
 public:
  std::int64_t integer(std::string_view key) const { return value(key).integer(); }
  double number(std::string_view key) const { return value(key).number(); }
  bool boolean(std::string_view key) const { return value(key).boolean(); }
  const std::string& text(std::string_view key) const { return value(key).string(); }
  std::vector<std::int64_t> integers(std::string_view key) const {
    std::vector<std::int64_t> result;
    for (const auto& element : value(key).array()) result.push_back(element.integer());
    return result;
  }

  // Stated by the caller or by a preset, not a default.
  bool given(std::string_view key) const { return std::find(given_.begin(), given_.end(), key) != given_.end(); }
  // For ConfigSchema::complete(): replaces a derived value.
  void set(std::string_view key, Json replacement) {
    value(key);
    values_.set(key, std::move(replacement));
  }

  const Json& json() const { return values_; }

 private:
  friend class ConfigSchema;
  const Json& value(std::string_view key) const {
    if (const auto* found = values_.find(key)) return *found;
    throw std::logic_error("configuration key '" + std::string(key) + "' is not in the schema");
  }

  Json values_{Json::Object{}};
  std::vector<std::string> given_;
};

class ConfigSchema {
 public:
  using Completion = std::function<void(Config&)>;

  ConfigSchema& integer(std::string key, std::int64_t fallback, Range range, std::string help) {
    return add({std::move(key), Type::kInteger, fallback, range, {}, std::move(help)});
  }
  // Decimal fractions; the range is in whole numbers.
  ConfigSchema& number(std::string key, double fallback, Range range, std::string help) {
    return add({std::move(key), Type::kNumber, fallback, range, {}, std::move(help)});
  }
  ConfigSchema& boolean(std::string key, bool fallback, std::string help) {
    return add({std::move(key), Type::kBoolean, fallback, {}, {}, std::move(help)});
  }
  ConfigSchema& choice(std::string key, std::string fallback, std::vector<std::string> options, std::string help) {
    return add({std::move(key), Type::kChoice, std::move(fallback), {}, std::move(options), std::move(help)});
  }
  // A list of at most 4096 integers, each within `range`; a bare integer is a list of one.
  ConfigSchema& integers(std::string key, std::vector<std::int64_t> fallback, Range range, std::string help) {
    return add({std::move(key), Type::kIntegers, fallback, range, {}, std::move(help)});
  }

  // `preset = name` states these values; keys that the caller gives as well win.
  ConfigSchema& preset(std::string name, Json::Object values) {
    presets_.push_back({std::move(name), Json(std::move(values))});
    return *this;
  }
  // Other defaults where `key` has `value`.
  ConfigSchema& defaults_when(std::string key, Json value, Json::Object values) {
    conditional_.push_back({std::move(key), std::move(value), Json(std::move(values))});
    return *this;
  }
  // What people call networks of this kind, of any number of words ("mixer", "patches mixed by perceptrons"):
  // instructions are read with it.
  ConfigSchema& keywords(std::vector<std::string> words) {
    keywords_ = std::move(words);
    return *this;
  }
  // Runs last: checks that involve several keys (throw ConfigError) and derived values. Must be idempotent.
  ConfigSchema& complete(Completion completion) {
    completion_ = std::move(completion);
    return *this;
  }

  // `weightloom.config/1`, docs/plugin_abi.md.
  Json to_json() const;
  // Throws ConfigError or JsonError. Empty text means {}.
  Config read(std::string_view text) const;

 private:
  enum class Type { kInteger, kNumber, kBoolean, kChoice, kIntegers };
  struct Key {
    std::string name;
    Type type;
    Json fallback;
    Range range;
    std::vector<std::string> options;
    std::string help;
  };
  struct ConditionalDefaults {
    std::string key;
    Json value, values;
  };

  ConfigSchema& add(Key key) {
    keys_.push_back(std::move(key));
    return *this;
  }
  static const char* type_name(Type type) {
    switch (type) {
      case Type::kInteger:
        return "integer";
      case Type::kNumber:
        return "number";
      case Type::kBoolean:
        return "boolean";
      case Type::kChoice:
        return "choice";
      case Type::kIntegers:
        return "integers";
    }
    return "";
  }
  static std::string listed(const std::vector<std::string>& words) {
    std::string result;
    for (const auto& word : words) result += (result.empty() ? "" : ", ") + word;
    return result;
  }
  const Key* find(std::string_view name) const {
    for (const auto& key : keys_)
      if (key.name == name) return &key;
    return nullptr;
  }

  void check_declarations() const;
  void check_declared(const std::string& where, const Json& values) const;
  Json given_values(std::string_view text) const;
  const Json& preset_values(const Json& name) const;
  Json fallback(const Key& key, const Json& values) const;
  static Json checked(const Key& key, const Json& value);
  static std::int64_t checked_integer(const Key& key, const Json& value);

  std::vector<Key> keys_;
  std::vector<Json::Member> presets_;
  std::vector<ConditionalDefaults> conditional_;
  std::vector<std::string> keywords_;
  Completion completion_;
};

inline Json ConfigSchema::to_json() const {
  Json keys{Json::Object{}};
  for (const auto& key : keys_) {
    Json entry{Json::Object{{"type", type_name(key.type)}, {"default", key.fallback}}};
    const bool ranged = key.type != Type::kBoolean && key.type != Type::kChoice;
    if (ranged && key.range.least != Range{}.least) entry.set("least", key.range.least);
    if (ranged && key.range.most != Range{}.most) entry.set("most", key.range.most);
    if (key.type == Type::kChoice) entry.set("options", Json::Array(key.options.begin(), key.options.end()));
    entry.set("help", key.help);
    keys.set(key.name, std::move(entry));
  }
  Json::Array conditional;
  for (const auto& rule : conditional_)
    conditional.push_back(Json::Object{{"key", rule.key}, {"value", rule.value}, {"defaults", rule.values}});
  return Json::Object{{"schema", "weightloom.config/1"},
                      {"keys", std::move(keys)},
                      {"defaults_when", std::move(conditional)},
                      {"keywords", Json::Array(keywords_.begin(), keywords_.end())},
                      {"presets", Json(Json::Object(presets_.begin(), presets_.end()))}};
}

inline const Json& ConfigSchema::preset_values(const Json& name) const {
  std::vector<std::string> names;
  for (const auto& preset : presets_) {
    if (name.is_string() && preset.key == name.string()) return preset.value;
    names.push_back(preset.key);
  }
  throw ConfigError("preset", "there is no preset " + name.dump(),
                    names.empty() ? "this plugin has none" : "use one of: " + listed(names));
}

// What the caller and the preset say, in the order of declaration.
inline Json ConfigSchema::given_values(std::string_view text) const {
  const Json given = text.empty() ? Json(Json::Object{}) : Json::parse(text);
  if (!given.is_object()) throw ConfigError("the configuration must be a JSON object");
  std::vector<std::string> known;
  for (const auto& key : keys_) known.push_back(key.name);
  Json result{Json::Object{}};
  if (const auto* name = given.find("preset")) result = preset_values(*name);
  for (const auto& member : given.object()) {
    if (member.key == "preset") continue;
    if (!find(member.key)) throw ConfigError(member.key, "no such key", "use one of: " + listed(known));
    result.set(member.key, member.value);
  }
  return result;
}

inline Json ConfigSchema::fallback(const Key& key, const Json& values) const {
  for (const auto& rule : conditional_) {
    const Json* selector = values.find(rule.key);
    const Json& selected = selector ? *selector : find(rule.key)->fallback;
    const Json* other = rule.values.find(key.name);
    if (other && selected == rule.value) return *other;
  }
  return key.fallback;
}

inline void ConfigSchema::check_declared(const std::string& where, const Json& values) const {
  for (const auto& member : values.object()) {
    const auto* key = find(member.key);
    if (!key)
      throw std::logic_error("the schema's " + where + " names '" + member.key + "', which is none of its keys");
    try {
      checked(*key, member.value);
    } catch (const ConfigError& error) {
      throw std::logic_error("the schema's " + where + " has a value that its key does not allow: " + error.what());
    }
  }
}

inline void ConfigSchema::check_declarations() const {
  for (const auto& key : keys_) check_declared("default", Json::Object{{key.name, key.fallback}});
  for (const auto& preset : presets_) check_declared("preset '" + preset.key + "'", preset.value);
  for (const auto& rule : conditional_) {
    check_declared("defaults_when", Json::Object{{rule.key, rule.value}});
    check_declared("defaults_when '" + rule.key + "'", rule.values);
  }
}

inline Config ConfigSchema::read(std::string_view text) const {
  check_declarations();
  const Json given = given_values(text);
  Config config;
  for (const auto& key : keys_) {
    const Json* value = given.find(key.name);
    config.values_.set(key.name, checked(key, value ? *value : fallback(key, given)));
    if (value) config.given_.push_back(key.name);
  }
  if (completion_) completion_(config);
  return config;
}

inline std::int64_t ConfigSchema::checked_integer(const Key& key, const Json& value) {
  if (!value.is_integer()) throw ConfigError(key.name, value.dump() + " is not an integer", "give a whole number");
  const auto number = value.integer();
  if (number < key.range.least)
    throw ConfigError(key.name, value.dump() + " is too small", "use at least " + std::to_string(key.range.least));
  if (number > key.range.most)
    throw ConfigError(key.name, value.dump() + " is too large", "use at most " + std::to_string(key.range.most));
  return number;
}

inline Json ConfigSchema::checked(const Key& key, const Json& value) {
  switch (key.type) {
    case Type::kInteger:
      return checked_integer(key, value);
    case Type::kNumber: {
      if (!value.is_number()) throw ConfigError(key.name, value.dump() + " is not a number", "give a number");
      const double number = value.number();
      const bool inside =
          number >= static_cast<double>(key.range.least) && number <= static_cast<double>(key.range.most);
      if (!inside)
        throw ConfigError(key.name, value.dump() + " is out of range",
                          "use " + std::to_string(key.range.least) + " to " + std::to_string(key.range.most));
      return number;
    }
    case Type::kBoolean:
      if (!value.is_boolean()) throw ConfigError(key.name, value.dump() + " is not a truth value", "use true or false");
      return value;
    case Type::kChoice:
      if (!value.is_string() || std::find(key.options.begin(), key.options.end(), value.string()) == key.options.end())
        throw ConfigError(key.name, value.dump() + " is not an option", "use one of: " + listed(key.options));
      return value;
    case Type::kIntegers: {
      if (value.is_integer()) return Json::Array{checked_integer(key, value)};
      if (!value.is_array()) throw ConfigError(key.name, value.dump() + " is not a list", "give a list of integers");
      if (value.array().size() > 4096) throw ConfigError(key.name, "too many elements", "use at most 4096");
      Json::Array result;
      for (const auto& element : value.array()) result.push_back(checked_integer(key, element));
      return result;
    }
  }
  return value;
}

}  // namespace weightloom::sdk
