#pragma once
// Configurations that a schema allows.

#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {

// {key: value} for both ends of every range.
std::vector<Json> range_ends(const Json& schema);
// {key: value} for values within every range of integers, closer together where they are small.
std::vector<Json> range_steps(const Json& schema);
// {key: list} for every list, empty, shorter and longer than its default.
std::vector<Json> list_lengths(const Json& schema);
// {key: value} for every option, and for true and false.
std::vector<Json> all_choices(const Json& schema);
// {"preset": name} for every preset.
std::vector<Json> all_presets(const Json& schema);
// `count` configurations of small networks.
std::vector<Json> random_configurations(const Json& schema, std::size_t count, Random& random);
// Other values for an integer key than its default, within its range, the nearest first.
std::vector<std::int64_t> other_values(const Json& schema, const std::string& key);
// {key: value} for other values than the default of a key of any type.
std::vector<Json> other_settings(const Json& schema, const std::string& key);

}  // namespace weightloom
