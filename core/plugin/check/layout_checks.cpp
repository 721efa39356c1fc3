// Descriptions as a function of the configuration: always the same one, and the one that was asked for.

#include <algorithm>
#include <functional>

#include "tiers.hpp"
#include "variations.hpp"

namespace weightloom {
namespace {

// The first place at which two texts differ, with what stands there.
std::string difference(const std::string& a, const std::string& b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto from =
      static_cast<std::size_t>(at_a - a.begin()) > 30 ? static_cast<std::size_t>(at_a - a.begin()) - 30 : 0;
  return "..." + a.substr(from, 60) + "... and ..." + b.substr(from, 60) + "...";
}

void require_same(const std::string& a, const std::string& b, const std::string& what) {
  require(a == b, what + ": " + (a == b ? "" : difference(a, b)));
}

constexpr std::size_t kRepetitions = 5;

void describe_deterministic(Subject& plugin) {
  const auto session = plugin.session(std::vector<PluginCall>(kRepetitions, {PluginFunction::kDescribe, "{}"}));
  for (std::size_t call = 1; call < kRepetitions; ++call)
    require_same(session->text(0), session->text(call), "two calls in one process gave different descriptions");
}

// Each of these in turn, since a plugin may remember just some of what it was told.
void remembers_nothing(Subject& plugin) {
  const auto schema = plugin.schema();
  std::vector<Json> others = all_presets(schema);
  for (auto& choice : all_choices(schema)) others.push_back(std::move(choice));
  for (const auto& [name, key] : schema["keys"].items())
    for (const auto value : other_values(schema, name))
      if (const Json config{{name, value}}; plugin.try_description(config)) {
        others.push_back(config);
        break;
      }
  const std::string usual = "{}";
  for (const auto& config : others) {
    const auto other = config.dump();
    if (!plugin.try_description(config)) continue;
    const auto session = plugin.session(
        {{PluginFunction::kDescribe, usual}, {PluginFunction::kDescribe, other}, {PluginFunction::kDescribe, usual}});
    require_same(plugin.description_text(other), session->text(1),
                 "after {}, " + other + " is described otherwise than in a fresh process");
    require_same(session->text(0), session->text(2), "after " + other + ", {} is described otherwise than before");
  }
}

void require_same_in(Subject& plugin, Place place, const std::string& what) {
  const auto elsewhere = plugin.session({{PluginFunction::kSchema, ""}, {PluginFunction::kDescribe, "{}"}}, place);
  require_same(plugin.schema_text(), elsewhere->text(0), what + " the schema differs");
  require_same(plugin.description_text(), elsewhere->text(1), what + " the description differs");
}

void same_in_another_process(Subject& plugin) {
  require_same_in(plugin, Place::kAnotherAddress, "in another process, at other addresses in memory,");
}
void same_at_another_time(Subject& plugin) {
  require_same_in(plugin, Place::kAnotherTime, "at another time");
}
void same_in_another_environment(Subject& plugin) {
  require_same_in(plugin, Place::kAnotherEnvironment, "with other environment variables, locale and directory");
}
void input_not_retained(Subject& plugin) {
  const auto session =
      plugin.session({{PluginFunction::kDescribe, plugin.canonical_text()}, {PluginFunction::kDescribe, "{}"}});
  require_same(session->text(0), session->text(1), "the description changed with a text that was given earlier");
}

void threads_agree(Subject& plugin) {
  const auto session = plugin.session({{PluginFunction::kDescribeAtOnce, "{}"}});
  require_same(plugin.description_text(), session->text(0), "several threads at once get another description");
}

void states_its_config(Subject& plugin) {
  auto configs = all_presets(plugin.schema());
  configs.push_back(Json::object());
  for (const auto& config : configs) {
    const auto description = plugin.description(config.dump());
    require(description.architecture == plugin.identity().id,
            "it describes architecture '" + description.architecture + "'");
    require(description.config == Json::parse(plugin.canonical_text(config.dump())),
            "the 'config' of the description of " + config.dump() + " is not its canonical configuration");
  }
}

// What is wrong with how the network follows `key`, empty when nothing is.
std::string not_followed(Subject& plugin, const std::string& key,
                         const std::function<bool(const NetworkDescription&, std::int64_t)>& follows) {
  const auto schema = plugin.schema();
  auto values = other_values(schema, key);
  // The nearest that is taken, and the ends: a value may be bounded on the way.
  const auto taken = [&](std::int64_t value) { return plugin.try_description(Json{{key, value}}).has_value(); };
  const auto nearest = std::ranges::find_if(values, taken);
  if (nearest == values.end()) return {};
  values = {*nearest};
  for (const auto& end : range_ends(schema))
    if (end.contains(key)) values.push_back(end[key].get<std::int64_t>());
  for (const auto value : values)
    if (const auto network = plugin.try_description(Json{{key, value}}); network && !follows(*network, value))
      return "'" + key + "' " + std::to_string(value) + " does not show in the network";
  return {};
}

bool same_network(const NetworkDescription& a, const NetworkDescription& b) {
  auto first = to_json(a), second = to_json(b);
  first.erase("config"), second.erase("config");
  return first == second;
}

void sizes_followed(Subject& plugin) {
  const auto usual = plugin.description();
  const bool image = usual.input.shape.size() == 3;
  const auto side_is = [&](std::size_t axis) {
    return [axis](const NetworkDescription& network, std::int64_t value) {
      return network.input.shape.size() == 3 && network.input.shape[axis] == value;
    };
  };
  std::string faults;
  const auto add = [&](const std::string& fault) { faults += (faults.empty() || fault.empty() ? "" : "; ") + fault; };
  add(not_followed(plugin, "classes",
                   [](const auto& network, std::int64_t value) { return network.classes == value; }));
  if (image) {
    add(not_followed(plugin, "channels", side_is(0)));
    add(not_followed(plugin, "size", side_is(2)));
    if (usual.input.shape[1] == usual.input.shape[2]) add(not_followed(plugin, "size", side_is(1)));
  }
  const auto usual_depth = usual.config.value("depth", Json());
  add(not_followed(plugin, "depth", [&](const auto& network, std::int64_t value) {
    return value == usual_depth || !same_network(network, usual);
  }));
  require(faults.empty(), faults);
}

// Whether another value of `key` shows beside `others`; nothing when no network says.
std::optional<bool> matters(Subject& plugin, const Json& others, const std::string& key) {
  const auto usual = plugin.try_description(others);
  if (!usual) return std::nullopt;
  std::optional<bool> shown;
  for (const auto& other : other_settings(plugin.schema(), key)) {
    auto config = others;
    config.update(other);
    const auto network = plugin.try_description(config);
    if (network) shown = !same_network(*network, *usual);
    if (shown.value_or(false)) break;
  }
  return shown;
}

// A key may mean something under one option or preset alone.
void keys_matter(Subject& plugin) {
  const auto schema = plugin.schema();
  std::vector<Json> surroundings{Json::object()};
  for (const auto& some : {all_choices(schema), all_presets(schema)})
    surroundings.insert(surroundings.end(), some.begin(), some.end());
  for (const auto& key : schema["keys"].items()) {
    bool tried = false, shown = false;
    for (auto others = surroundings.begin(); others != surroundings.end() && !shown; ++others) {
      const auto found = matters(plugin, *others, key.key());
      tried |= found.has_value();
      shown = found.value_or(false);
    }
    if (tried && !shown)
      throw CheckFailure{"another '" + key.key() + "' shows in no network; leave out what has no effect",
                         CheckResult::Outcome::kWarning};
  }
}

}  // namespace

std::span<const Check> layout_checks() {
  static const std::vector<std::string_view> steady =
      with_valid_description({"describe-deterministic", "same-in-another-process"});
  static const std::vector<Check> checks{
      {"describe-deterministic", "two calls give equal descriptions", {"answers"}, describe_deterministic},
      {"remembers-nothing", "what was described before does not show: A, B, A",
       with_valid_description({"same-in-another-process", "range-ends-describe", "presets-describe"}),
       remembers_nothing},
      {"same-in-another-process",
       "another process, which has other addresses in memory, is given an equal description",
       {"describe-deterministic"},
       same_in_another_process},
      {"same-at-another-time", "the description does not depend on the clock", steady, same_at_another_time},
      {"same-in-another-environment", "the description does not depend on environment, locale and directory", steady,
       same_in_another_environment},
      {"input-not-retained",
       "no text of the host's is kept after a call",
       {"same-in-another-process", "canonicalise-idempotent"},
       input_not_retained},
      {"threads-agree", "threads that ask at the same time get what one alone gets",
       with_valid_description({"describe-deterministic", "same-in-another-process", "leaves-no-threads"}),
       threads_agree},
      {"states-its-config", "a description states the plugin's id and the canonical configuration",
       with_valid_description({"presets-describe"}), states_its_config},
      {"sizes-followed",
       "classes, channels, size and depth are those of the network",
       {"range-ends-describe"},
       sizes_followed},
      {"keys-matter", "every key changes something", {"range-ends-describe", "sizes-followed"}, keys_matter},
  };
  return checks;
}

}  // namespace weightloom
