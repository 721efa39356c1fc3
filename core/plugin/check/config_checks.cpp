// The schema, and what the plugin makes of configurations.

#include <algorithm>
#include <set>

#include "keywords.hpp"
#include "tiers.hpp"
#include "variations.hpp"

namespace weightloom {
namespace {

// Random configurations whose canonical forms are looked at.
constexpr std::size_t kCanonicalForms = 12;

const std::set<std::string> kTypes{"integer", "number", "boolean", "choice", "integers"};

void require_known(const std::string& where, const Json& object, const std::set<std::string>& known) {
  for (const auto& member : object.items())
    require(known.contains(member.key()), where + " has '" + member.key() + "', which means nothing there");
}

bool has_word(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") != std::string::npos;
}

void require_key(const std::string& name, const Json& key) {
  const auto say = "key '" + name + "' ";
  require(key.is_object(), say + "is not an object");
  require_known("key '" + name + "'", key, {"type", "default", "help", "least", "most", "options"});
  for (const auto* field : {"type", "default", "help"}) require(key.contains(field), say + "has no " + field);
  require(key["help"].is_string() && has_word(key["help"].get<std::string>()), say + "has an empty help");
  require(key["type"].is_string() && kTypes.contains(key["type"]), say + "has the unknown type " + key["type"].dump());
  const bool choice = key["type"] == "choice";
  require(!choice || (key.contains("options") && key["options"].is_array() && !key["options"].empty()),
          say + "is a choice without options");
  const auto least = key.value("least", Json()), most = key.value("most", Json());
  if (least.is_number() && most.is_number()) require(least <= most, say + "has a range that ends before it begins");
}

// Why `value` cannot be one of the key's, empty when it can.
std::string misfit(const Json& key, const Json& value) {
  const auto type = key["type"].get<std::string>();
  if (type == "integers") {
    for (const auto& element : value.is_array() ? value : Json::array({value}))
      if (!element.is_number_integer()) return element.dump() + " is not an integer";
  } else {
    const bool fits = type == "integer"   ? value.is_number_integer()
                      : type == "number"  ? value.is_number()
                      : type == "boolean" ? value.is_boolean()
                                          : value.is_string();
    if (!fits) return value.dump() + " is not of type " + type;
  }
  if (type == "choice" && std::ranges::find(key["options"], value) == key["options"].end())
    return value.dump() + " is none of " + key["options"].dump();
  for (const auto& number : value.is_array() ? value : Json::array({value})) {
    if (!number.is_number()) continue;
    if (key.contains("least") && number < key["least"]) return number.dump() + " is below " + key["least"].dump();
    if (key.contains("most") && number > key["most"]) return number.dump() + " is above " + key["most"].dump();
  }
  return {};
}

void require_values(const Json& schema, const std::string& where, const Json& values) {
  require(values.is_object(), where + " is not an object of keys and values");
  for (const auto& [name, value] : values.items()) {
    require(schema["keys"].contains(name), where + " sets '" + name + "', which is no key of the schema");
    const auto why = misfit(schema["keys"][name], value);
    require(why.empty(), where + " sets '" + name + "' to what its key does not allow: " + why);
  }
}

void schema_parses(Subject& plugin) {
  const auto text = plugin.schema_text();
  const auto schema = parse_json(text, "the schema");
  if (const auto key = repeated_key(text)) throw CheckFailure{"'" + *key + "' is there twice"};
  require(schema.is_object() && schema.value("schema", Json()) == "weightloom.config/1",
          "its schema is not weightloom.config/1");
  require(schema.contains("keys") && schema["keys"].is_object(), "'keys' is not an object");
  require_known("the schema", schema, {"schema", "keys", "defaults_when", "keywords", "presets"});
  for (const auto& [name, key] : schema["keys"].items()) require_key(name, key);
  require(schema.value("presets", Json::object()).is_object(), "'presets' is not an object");
  require(schema.value("defaults_when", Json::array()).is_array(), "'defaults_when' is not a list");
  keywords_of(schema);
}

void defaults_in_range(Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& [name, key] : schema["keys"].items()) {
    const auto why = misfit(key, key["default"]);
    require(why.empty(), "the default of '" + name + "' is not one of its values: " + why);
  }
}

void defaults_when_declared(Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& rule : schema.value("defaults_when", Json::array())) {
    require(rule.is_object() && rule.contains("key") && rule["key"].is_string() && rule.contains("value"),
            "'defaults_when' holds " + rule.dump() + ", which names no key and value");
    const auto key = rule["key"].get<std::string>();
    require(schema["keys"].contains(key), "'defaults_when' asks for '" + key + "', which is no key of the schema");
    const auto why = misfit(schema["keys"][key], rule["value"]);
    require(why.empty(), "'defaults_when' waits for a value of '" + key + "' that never comes: " + why);
    require_values(schema, "'defaults_when' of '" + key + "'", rule.value("defaults", Json::object()));
  }
}

void presets_in_range(Subject& plugin) {
  const auto schema = plugin.schema();
  const auto presets = schema.value("presets", Json::object());
  for (const auto& [name, values] : presets.items()) require_values(schema, "preset '" + name + "'", values);
}

void default_config_valid(Subject& plugin) {
  const auto canonical = Json::parse(plugin.canonical_text());
  const auto schema = plugin.schema();
  for (const auto& [name, key] : schema["keys"].items())
    require(canonical.contains(name), "the canonical form lacks '" + name + "'");
}

void empty_text_is_default(Subject& plugin) {
  require(plugin.canonical_text("") == plugin.canonical_text("{}"),
          "the empty text has another canonical form than {}");
}

void canonicalise_idempotent(Subject& plugin) {
  const auto schema = plugin.schema();
  const auto expect_idempotent = [&](const Json& config) {
    const auto once = plugin.canonical_text(config.dump());
    try {
      require(plugin.canonical_text(once) == once, "the canonical form of " + once + " is another one");
    } catch (const CheckFailure& failure) {
      throw CheckFailure{"the canonical form of " + config.dump() + ", " + once + ": " + failure.why, failure.outcome};
    }
  };
  auto configs = all_presets(schema);
  configs.push_back(Json::object());
  for (const auto& config : configs) expect_idempotent(config);
  Random random(derive_seed(plugin.seed(), "canonical forms"));
  auto others = random_configurations(schema, kCanonicalForms, random);
  std::ranges::move(range_ends(schema), std::back_inserter(others));
  for (const auto& config : others)
    if (plugin.accepts(config)) expect_idempotent(config);
}

void key_order_irrelevant(Subject& plugin) {
  const auto canonical = plugin.canonical_text();
  const auto config = Json::parse(canonical);
  std::vector<std::string> keys;
  for (const auto& member : config.items()) keys.insert(keys.begin(), member.key());
  Json reversed = Json::object();
  for (const auto& key : keys) reversed[key] = config[key];
  require(plugin.canonical_text(reversed.dump()) == canonical, reversed.dump() + " has another canonical form");
}

void rejects_unknown_key(Subject& plugin) {
  plugin.require_refusal(R"({"no_such_key_at_all":1})", "no_such_key_at_all");
}

void rejects_unknown_preset(Subject& plugin) {
  plugin.require_refusal(R"({"preset":"no such preset at all"})", "preset");
}

void rejects_unknown_option(Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& [name, key] : schema["keys"].items())
    if (key["type"] == "choice") plugin.require_refusal(Json{{name, "no such option at all"}}.dump(), name);
}

void rejects_wrong_type(Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& key : schema["keys"].items())
    plugin.require_refusal(Json{{key.key(), Json::object()}}.dump(), key.key());
}

void rejects_out_of_range(Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& key : schema["keys"].items()) {
    const auto least = key.value().value("least", Json()), most = key.value().value("most", Json());
    if (least.is_number_integer())
      plugin.require_refusal(Json{{key.key(), least.get<std::int64_t>() - 1}}.dump(), key.key());
    if (most.is_number_integer())
      plugin.require_refusal(Json{{key.key(), most.get<std::int64_t>() + 1}}.dump(), key.key());
  }
}

std::string noise(std::uint64_t seed) {
  Random random(derive_seed(seed, "noise"));
  std::string text(1u << 20, '\0');
  for (auto& byte : text) byte = static_cast<char>(random.next());
  text[0] = '{';
  return text;
}

void rejects_malformed(Subject& plugin) {
  for (const auto& text : {std::string("{"), std::string("[]"), std::string("{\"a\":1,}"), std::string("\xff\xfe"),
                           std::string("{\"a\":\"\xff\"}"), std::string(100000, '['), std::string(1, '\0'),
                           std::string("{} x"), noise(plugin.seed())})
    plugin.require_refusal(text, "");
}

void range_ends_describe(Subject& plugin) {
  for (const auto& config : range_ends(plugin.schema())) plugin.require_network_or_refusal(config);
}

void choices_describe(Subject& plugin) {
  for (const auto& config : all_choices(plugin.schema())) plugin.require_network_or_refusal(config);
}

void presets_describe(Subject& plugin) {
  for (const auto& config : all_presets(plugin.schema())) {
    const auto given = "given " + config.dump() + ", ";
    try {
      parse_description(plugin.description_text(config.dump()));
    } catch (const CheckFailure& failure) {
      throw CheckFailure{given + failure.why, failure.outcome};
    } catch (const Error& error) {
      throw CheckFailure{given + error.what()};
    }
  }
}

void random_configurations_describe(Subject& plugin) {
  for (const auto& some : {range_steps(plugin.schema()), list_lengths(plugin.schema())})
    for (const auto& config : some) plugin.require_network_or_refusal(config);
  Random random(derive_seed(plugin.seed(), "configurations"));
  for (const auto& config : random_configurations(plugin.schema(), plugin.configurations(), random))
    plugin.require_network_or_refusal(config);
}

}  // namespace

std::span<const Check> config_checks() {
  static const std::vector<std::string_view> schema{"schema-parses"}, canonical{"default-config-valid"},
      varied = with_valid_description({"answers"});
  static const std::vector<Check> checks{
      {"schema-parses",
       "the schema is weightloom.config/1, every key with a type, a default, a range that can be, and help",
       {"loads", "memory-bounded"},
       schema_parses},
      {"defaults-in-range", "every default is one of its key's values", schema, defaults_in_range},
      {"defaults-when-declared", "defaults_when names keys of the schema and values that they may have", schema,
       defaults_when_declared},
      {"presets-in-range", "presets set keys of the schema to values within their ranges", schema, presets_in_range},
      {"default-config-valid",
       "the empty configuration has a canonical form with every key",
       {"answers"},
       default_config_valid},
      {"empty-text-is-default", "empty text is the empty configuration", canonical, empty_text_is_default},
      {"canonicalise-idempotent", "a canonical configuration is its own canonical form", canonical,
       canonicalise_idempotent},
      {"key-order-irrelevant", "the order of keys does not matter", {"canonicalise-idempotent"}, key_order_irrelevant},
      {"rejects-unknown-key", "an unknown key is refused by name", canonical, rejects_unknown_key},
      {"rejects-unknown-preset", "an unknown preset is refused", canonical, rejects_unknown_preset},
      {"rejects-unknown-option", "an option that a choice does not have is refused by the key's name", canonical,
       rejects_unknown_option},
      {"rejects-wrong-type", "a value of the wrong type is refused by name", canonical, rejects_wrong_type},
      {"rejects-out-of-range", "a value out of range is refused by name", canonical, rejects_out_of_range},
      {"rejects-malformed", "malformed text is refused", canonical, rejects_malformed},
      {"range-ends-describe", "both ends of every range give a valid network, or a refusal with a reason", varied,
       range_ends_describe},
      {"choices-describe", "every option gives a valid network, or a refusal with a reason", varied, choices_describe},
      {"presets-describe", "every preset has a valid description", varied, presets_describe},
      {"random-configurations-describe",
       "values within all ranges, and random configurations, give valid networks, or refusals with a reason",
       {"range-ends-describe", "choices-describe", "presets-describe"},
       random_configurations_describe},
  };
  return checks;
}

}  // namespace weightloom
