#include "variations.hpp"

#include <algorithm>
#include <cmath>

namespace weightloom {
namespace {

// What lies farther from a range's beginning is left to its end.
constexpr std::int64_t kFarthest = std::int64_t{1} << 40;

std::string type_of(const Json& key) {
  return key.value("type", "");
}

std::int64_t whole(const Json& key, const char* field, std::int64_t otherwise) {
  const auto found = key.find(field);
  return found != key.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

Json of_type(const Json& key, std::int64_t value) {
  if (type_of(key) == "integers") return Json::array({value});
  return type_of(key) == "number" ? Json(static_cast<double>(value)) : Json(value);
}

// Small ones more often than large ones, up to four times the default.
std::int64_t random_integer(const Json& key, std::int64_t usual, Random& random) {
  const auto least = whole(key, "least", std::min<std::int64_t>(usual, 0));
  const auto most = std::min(whole(key, "most", usual * 4 + 8), std::max(usual * 4, least + 8));
  const auto span = std::log1p(static_cast<double>(std::max<std::int64_t>(most - least, 0)));
  return least + static_cast<std::int64_t>(std::expm1(random.uniform() * span) + 0.5);
}

// Fractions too: a number is none of integers.
double random_number(const Json& key, double usual, Random& random) {
  const auto end = [&](const char* name, double otherwise) {
    const auto found = key.find(name);
    return found != key.end() && found->is_number() ? found->get<double>() : otherwise;
  };
  const double least = end("least", std::min(0.0, usual)), most = end("most", 2 * std::abs(usual) + 1);
  return least + random.uniform() * (most - least);
}

Json random_value(const Json& key, Random& random) {
  const auto type = type_of(key);
  const auto usual = key.value("default", Json());
  if (type == "boolean") return random.below(2) == 1;
  if (type == "choice") return key["options"].at(random.below(key["options"].size()));
  if (type == "integer") return random_integer(key, usual.is_number_integer() ? usual.get<std::int64_t>() : 1, random);
  if (type == "number") return random_number(key, usual.is_number() ? usual.get<double>() : 1, random);
  Json list = Json::array();
  for (const auto& element : usual)
    list.push_back(random_integer(key, element.is_number_integer() ? element.get<std::int64_t>() : 1, random));
  return list;
}

// Of a list: none, one fewer, one more.
std::vector<Json> other_lengths(const Json& key) {
  const auto usual = key.value("default", Json());
  if (type_of(key) != "integers" || !usual.is_array() || usual.empty()) return {};
  auto longer = usual, shorter = usual;
  longer.push_back(usual.back());
  shorter.erase(shorter.size() - 1);
  return {Json::array(), std::move(shorter), std::move(longer)};
}

// Of an option, true and false, or a number that may be a fraction.
std::vector<Json> all_values(const Json& key) {
  if (type_of(key) == "boolean") return {false, true};
  if (type_of(key) == "choice") return key["options"].get<std::vector<Json>>();
  std::vector<Json> out;
  if (type_of(key) == "number") {
    const auto usual = key.value("default", 0.0);
    const auto least = key.value("least", usual / 2), most = key.value("most", 2 * usual + 1);
    for (const double part : {0.5, 0.25, 0.75, 0.0, 1.0}) out.emplace_back(least + part * (most - least));
  }
  return out;
}

}  // namespace

std::vector<Json> range_ends(const Json& schema) {
  std::vector<Json> out;
  for (const auto& [name, key] : schema["keys"].items())
    for (const auto* end : {"least", "most"})
      if (key.contains(end) && key[end].is_number_integer())
        out.push_back({{name, of_type(key, key[end].get<std::int64_t>())}});
  return out;
}

std::vector<Json> range_steps(const Json& schema) {
  std::vector<Json> out;
  for (const auto& [name, key] : schema["keys"].items()) {
    const auto least = whole(key, "least", 0), most = whole(key, "most", 0);
    if (!key.contains("least") || !key.contains("most")) continue;
    for (std::int64_t step = 1; step < most - least && step <= kFarthest; step *= 2)
      out.push_back({{name, of_type(key, least + step)}});
  }
  return out;
}

std::vector<Json> list_lengths(const Json& schema) {
  std::vector<Json> out;
  for (const auto& [name, key] : schema["keys"].items())
    for (auto& list : other_lengths(key)) out.push_back({{name, list}});
  return out;
}

std::vector<Json> all_choices(const Json& schema) {
  std::vector<Json> out;
  for (const auto& [name, key] : schema["keys"].items()) {
    if (type_of(key) == "boolean")
      for (const bool value : {false, true}) out.push_back({{name, value}});
    if (type_of(key) == "choice")
      for (const auto& option : key["options"]) out.push_back({{name, option}});
  }
  return out;
}

std::vector<Json> all_presets(const Json& schema) {
  std::vector<Json> out;
  const auto presets = schema.value("presets", Json::object());
  for (const auto& preset : presets.items()) out.push_back({{"preset", preset.key()}});
  return out;
}

std::vector<Json> random_configurations(const Json& schema, std::size_t count, Random& random) {
  std::vector<Json> out;
  while (out.size() < count) {
    Json config = Json::object();
    for (const auto& [name, key] : schema["keys"].items())
      if (random.below(3) == 0) config[name] = random_value(key, random);
    out.push_back(std::move(config));
  }
  return out;
}

std::vector<std::int64_t> other_values(const Json& schema, const std::string& key) {
  const auto& keys = schema["keys"];
  if (!keys.contains(key) || type_of(keys[key]) != "integer") return {};
  const auto& declared = keys[key];
  const auto usual = whole(declared, "default", 1);
  const auto least = whole(declared, "least", usual - 1), most = whole(declared, "most", usual * 4 + 4);
  std::vector<std::int64_t> out;
  for (const auto value : {usual + 1, usual + 2, usual * 2, usual + 3, usual + 4, usual + 6, usual + 12, usual * 3,
                           usual / 2, usual - 1, usual - 2, usual - 6, usual + 14, usual + 16, usual + 32, usual * 7})
    if (value != usual && value >= least && value <= most && std::ranges::find(out, value) == out.end())
      out.push_back(value);
  return out;
}

std::vector<Json> other_settings(const Json& schema, const std::string& key) {
  const auto& declared = schema["keys"][key];
  std::vector<Json> out;
  for (const auto value : other_values(schema, key)) out.push_back({{key, value}});
  for (const auto& values : {other_lengths(declared), all_values(declared)})
    for (const auto& value : values)
      if (value != declared["default"]) out.push_back({{key, value}});
  return out;
}

}  // namespace weightloom
