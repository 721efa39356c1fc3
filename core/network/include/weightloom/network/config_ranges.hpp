#pragma once
// Ranges of configurations, such as an elastic anchor serves (docs/recipes.md, "Ranges"). Pure values [any-thread]. No
// LibTorch.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

// Equal for networks of one architecture and configuration, whatever the number of their classes.
std::string configuration_key(const NetworkDescription& network);

// What one number of a configuration may be.
struct NumberRange {
  std::vector<std::int64_t> values;  // ascending, at least one

  std::int64_t largest() const { return values.back(); }
};

// What the settings of a configuration may be: a number, or a list of as many numbers as there are ranges.
class ConfigRanges {
 public:
  ConfigRanges() = default;
  // {key: [from, to]}, {key: {values: [...]}} or {key: {each: [range, ...]}}. Throws kUsage "config.ranges".
  ConfigRanges(const Json& table, const std::string& where);

  bool empty() const { return settings_.empty(); }
  // `config` with every setting at its largest, and with random ones.
  Json largest(Json config) const;
  Json draw(Json config, Random& random) const;
  // "key 3 (16 to 64)" for each number of `config` that lies outside of its range; settings that `config` lacks, or
  // that are of another kind, are passed over.
  std::vector<std::string> outside(const Json& config) const;
  const Json& json() const { return json_; }  // as written

 private:
  struct Setting {
    std::string key;
    std::vector<NumberRange> numbers;
    bool is_list = false;
  };
  std::vector<Setting> settings_;
  Json json_ = Json::object();
};

}  // namespace weightloom
