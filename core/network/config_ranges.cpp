#include "weightloom/network/config_ranges.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// More than any schema allows; a list of them stays small.
constexpr std::uint64_t kMostValues = 100'000;

[[noreturn]] void refuse_range(const std::string& where, const Json& found) {
  throw Error(ErrorCode::kUsage, "config.ranges", where,
              "expected [from, to], {values = [...]} or {each = [range, ...]}, found " + found.dump());
}

bool are_integers(const Json& list) {
  return list.is_array() && !list.empty() &&
         std::ranges::all_of(list, [](const Json& x) { return x.is_number_integer(); });
}

NumberRange parse_number(const Json& range, const std::string& where) {
  NumberRange out;
  if (range.is_object() && range.size() == 1 && range.contains("values") && are_integers(range["values"])) {
    out.values = range["values"].get<std::vector<std::int64_t>>();
  } else if (are_integers(range) && range.size() == 2) {
    const auto from = range[0].get<std::int64_t>(), to = range[1].get<std::int64_t>();
    if (from > to || static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) >= kMostValues)
      refuse_range(where, range);
    const auto count = to - from + 1;
    for (std::int64_t i = 0; i < count; ++i) out.values.push_back(from + i);
  } else {
    refuse_range(where, range);
  }
  std::ranges::sort(out.values);
  return out;
}

}  // namespace

std::string configuration_key(const NetworkDescription& network) {
  Json config = network.config;
  config.erase("classes");
  return network.architecture + '\n' + config.dump();
}

ConfigRanges::ConfigRanges(const Json& table, const std::string& where) : json_(table) {
  if (!table.is_object()) refuse_range(where, table);
  for (const auto& [key, range] : table.items()) {
    if (key == "channels" || key == "size" || key == "classes")
      throw Error(ErrorCode::kUsage, "config.ranges", where + ": " + key, "the images and the data decide this",
                  "leave it out");
    Setting setting{key, {}, range.is_object() && range.contains("each")};
    if (setting.is_list && !(range.size() == 1 && range["each"].is_array() && !range["each"].empty()))
      refuse_range(where + ": " + key, range);
    for (const Json& number : setting.is_list ? range["each"] : Json::array({range}))
      setting.numbers.push_back(parse_number(number, where + ": " + key));
    settings_.push_back(std::move(setting));
  }
}

Json ConfigRanges::largest(Json config) const {
  for (const Setting& setting : settings_) {
    Json numbers = Json::array();
    for (const NumberRange& range : setting.numbers) numbers.push_back(range.largest());
    config[setting.key] = setting.is_list ? numbers : numbers.front();
  }
  return config;
}

std::vector<std::string> ConfigRanges::outside(const Json& config) const {
  std::vector<std::string> out;
  for (const Setting& setting : settings_) {
    if (!config.contains(setting.key)) continue;
    const Json& found = config.at(setting.key);
    const Json numbers = found.is_array() ? found : Json::array({found});
    if (numbers.size() != setting.numbers.size()) continue;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto& values = setting.numbers[i].values;
      if (numbers[i].is_number_integer() && (numbers[i] < values.front() || numbers[i] > values.back()))
        out.push_back(setting.key + " " + numbers[i].dump() + " (" + std::to_string(values.front()) + " to " +
                      std::to_string(values.back()) + ")");
    }
  }
  return out;
}

Json ConfigRanges::draw(Json config, Random& random) const {
  for (const Setting& setting : settings_) {
    Json numbers = Json::array();
    for (const NumberRange& range : setting.numbers) numbers.push_back(range.values[random.below(range.values.size())]);
    config[setting.key] = setting.is_list ? numbers : numbers.front();
  }
  return config;
}

}  // namespace weightloom
