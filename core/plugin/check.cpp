#include "weightloom/plugin/check.hpp"

#include <string.h>

#include <algorithm>
#include <functional>

#include "child_process.hpp"
#include "dynamic_symbols.hpp"
#include "keywords.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/plugin/loaded_plugin.hpp"
#include "weightloom/sdk/abi.h"

namespace weightloom {
namespace {

constexpr unsigned kTimeoutSeconds = 30;

struct Failure {
  std::string why;
};
void require(bool condition, const std::string& why) {
  if (!condition) throw Failure{why};
}

// One plugin file under examination; a child loads it when a check asks.
class Subject {
 public:
  explicit Subject(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path& file() const { return file_; }
  PluginIdentity identity() const { return read_plugin_identity(file_); }
  LoadedPlugin loaded() const { return LoadedPlugin::load(identity()); }
  Json schema() const { return Json::parse(loaded().schema()); }
  std::string canonical(const std::string& config) const { return loaded().canonicalise(config); }

  // The configuration must be refused as the user's fault, in a message that holds `key`.
  void require_refusal(const std::string& config, const std::string& key) const {
    try {
      canonical(config);
    } catch (const Error& error) {
      require(error.code() == ErrorCode::kUsage, config + " gave: " + error.why());
      require(error.why().find(key) != std::string::npos,
              "the message for " + config + " does not name '" + key + "': " + error.why());
      return;
    }
    throw Failure{config + " was accepted"};
  }

 private:
  std::filesystem::path file_;
};

void identity_present(const Subject& plugin) {
  plugin.identity();
}

void name_matches_file(const Subject& plugin) {
  const auto expected = plugin.identity().name + ".wlplugin.so";
  require(plugin.file().filename() == expected, "the file should be called " + expected);
}

void exports_only_entry(const Subject& plugin) {
  for (const auto& symbol : exported_symbols(FileReader(plugin.file())))
    require(symbol == WL_ENTRY_NAME, "it also exports '" + symbol + "'; link with the SDK's version script");
}

void no_host_dependencies(const Subject& plugin) {
  for (const auto& library : needed_libraries(FileReader(plugin.file())))
    for (const auto* host : {"libtorch", "libc10", "libboost", "librocksdb"})
      require(!library.starts_with(host), "it needs " + library + "; a plugin links nothing of the host's");
}

void loads(const Subject& plugin) {
  plugin.loaded();
}

void schema_parses(const Subject& plugin) {
  const auto schema = plugin.schema();
  require(schema.value("schema", "") == "weightloom.config/1", "its schema is not weightloom.config/1");
  require(schema.contains("keys") && schema["keys"].is_object(), "'keys' is not an object");
  for (const auto& key : schema["keys"].items())
    for (const auto* field : {"type", "default", "help"})
      require(key.value().is_object() && key.value().contains(field), "key '" + key.key() + "' has no " + field);
  keywords_of(schema);
}

void default_config_valid(const Subject& plugin) {
  const auto canonical = Json::parse(plugin.canonical("{}"));
  const auto schema = plugin.schema();
  for (const auto& key : schema["keys"].items())
    require(canonical.contains(key.key()), "the canonical form lacks '" + key.key() + "'");
}

void canonicalise_idempotent(const Subject& plugin) {
  const auto once = plugin.canonical("{}");
  require(plugin.canonical(once) == once, "the canonical form of " + once + " is another one");
}

void key_order_irrelevant(const Subject& plugin) {
  const auto canonical = plugin.canonical("{}");
  const auto config = Json::parse(canonical);
  std::vector<std::string> keys;
  for (const auto& member : config.items()) keys.insert(keys.begin(), member.key());
  Json reversed = Json::object();
  for (const auto& key : keys) reversed[key] = config[key];
  require(plugin.canonical(reversed.dump()) == canonical, reversed.dump() + " has another canonical form");
}

void rejects_unknown_key(const Subject& plugin) {
  plugin.require_refusal(R"({"no_such_key_at_all":1})", "no_such_key_at_all");
}

void rejects_wrong_type(const Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& key : schema["keys"].items())
    plugin.require_refusal(Json{{key.key(), Json::object()}}.dump(), key.key());
}

void rejects_out_of_range(const Subject& plugin) {
  const auto schema = plugin.schema();
  for (const auto& key : schema["keys"].items()) {
    const auto least = key.value().value("least", Json()), most = key.value().value("most", Json());
    if (least.is_number_integer())
      plugin.require_refusal(Json{{key.key(), least.get<std::int64_t>() - 1}}.dump(), key.key());
    if (most.is_number_integer())
      plugin.require_refusal(Json{{key.key(), most.get<std::int64_t>() + 1}}.dump(), key.key());
  }
}

void rejects_malformed(const Subject& plugin) {
  for (const auto& text : {std::string("{"), std::string("[]"), std::string("{\"a\":1,}"), std::string("\xff\xfe"),
                           std::string(100000, '['), std::string(1, '\0'), std::string("{} x")})
    plugin.require_refusal(text, "");
}

void describe_deterministic(const Subject& plugin) {
  const auto loaded = plugin.loaded();
  require(loaded.describe("{}") == loaded.describe("{}"), "two calls gave different descriptions");
}

void input_not_retained(const Subject& plugin) {
  const auto loaded = plugin.loaded();
  auto config = loaded.canonicalise("{}");
  const auto first = loaded.describe(config);
  std::fill(config.begin(), config.end(), '!');
  require(loaded.describe("{}") == first, "the description changed with a text that was given earlier");
}

void description_parses(const Subject& plugin) {
  const auto loaded = plugin.loaded();
  const auto description = parse_description(loaded.describe("{}"));
  require(description.architecture == loaded.identity().id,
          "it describes architecture '" + description.architecture + "'");
  require(description.config == Json::parse(loaded.canonicalise("{}")),
          "its 'config' is not the canonical configuration");
}

void presets_describe(const Subject& plugin) {
  const auto loaded = plugin.loaded();
  const auto presets = plugin.schema().value("presets", Json::object());
  for (const auto& preset : presets.items()) {
    const auto config = Json{{"preset", preset.key()}}.dump();
    const auto canonical = loaded.canonicalise(config);
    require(loaded.canonicalise(canonical) == canonical, "preset '" + preset.key() + "' has no stable canonical form");
    parse_description(loaded.describe(config));
  }
}

struct Check {
  const char* name;
  const char* sentence;
  void (*run)(const Subject&);
};

constexpr Check kChecks[] = {
    {"identity-present", "the identity record is readable without loading the file", identity_present},
    {"name-matches-file", "the file is called NAME.wlplugin.so", name_matches_file},
    {"exports-only-entry", "the entry is the only exported symbol", exports_only_entry},
    {"no-host-dependencies", "it needs none of the host's libraries", no_host_dependencies},
    {"loads", "it loads, and its table is complete and agrees with the identity record", loads},
    {"schema-parses", "the schema is weightloom.config/1, every key with type, default and help", schema_parses},
    {"default-config-valid", "the empty configuration has a canonical form with every key", default_config_valid},
    {"canonicalise-idempotent", "a canonical configuration is its own canonical form", canonicalise_idempotent},
    {"key-order-irrelevant", "the order of keys does not matter", key_order_irrelevant},
    {"rejects-unknown-key", "an unknown key is refused by name", rejects_unknown_key},
    {"rejects-wrong-type", "a value of the wrong type is refused by name", rejects_wrong_type},
    {"rejects-out-of-range", "a value out of range is refused by name", rejects_out_of_range},
    {"rejects-malformed", "malformed text is refused", rejects_malformed},
    {"describe-deterministic", "two calls give equal descriptions", describe_deterministic},
    {"input-not-retained", "no text of the host's is kept after a call", input_not_retained},
    {"description-parses", "the default description is valid, and its shapes work out", description_parses},
    {"presets-describe", "every preset has a valid description", presets_describe},
};

// What went wrong, empty when nothing did.
std::string verdict(const Check& check, const Subject& plugin) {
  try {
    check.run(plugin);
    return {};
  } catch (const Failure& failure) {
    return failure.why;
  } catch (const Error& error) {
    return error.why().empty() ? error.summary() : error.why();
  } catch (const std::exception& error) {
    return error.what();
  }
}

CheckResult run(const Check& check, const Subject& plugin) {
  using Outcome = CheckResult::Outcome;
  // The first character tells an empty verdict from a child that never came to give one.
  const auto child = run_in_child([&] { return "v" + verdict(check, plugin); }, kTimeoutSeconds);
  CheckResult result{check.name, check.sentence, Outcome::kPassed, {}};
  if (child.timed_out) {
    result.outcome = Outcome::kTimeout;
    result.detail = "no result after " + std::to_string(kTimeoutSeconds) + " seconds";
  } else if (!child.exited || child.text.empty()) {
    result.outcome = Outcome::kCrashed;
    result.detail = child.exited ? "the plugin ended the process" : ::strsignal(child.signal);
  } else if (child.text.size() > 1) {
    result.outcome = Outcome::kFailed;
    result.detail = child.text.substr(1);
  }
  return result;
}

}  // namespace

std::string_view outcome_name(CheckResult::Outcome outcome) {
  switch (outcome) {
    case CheckResult::Outcome::kPassed:
      return "passed";
    case CheckResult::Outcome::kFailed:
      return "failed";
    case CheckResult::Outcome::kCrashed:
      return "crashed";
    case CheckResult::Outcome::kTimeout:
      return "timeout";
  }
  return "";
}

std::vector<CheckResult> check_plugin(const std::filesystem::path& file) {
  const FileReader exists(file);
  const Subject plugin(std::filesystem::absolute(file));
  std::vector<CheckResult> results;
  for (const auto& check : kChecks) results.push_back(run(check, plugin));
  return results;
}

}  // namespace weightloom
