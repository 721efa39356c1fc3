#pragma once
// Sharded sets: `model.safetensors.index.json` and the shards that it names. Private to the module.

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "weightloom/formats/safetensors.hpp"

namespace weightloom::safetensors {

// The files that an index names; none when it is not an index.
std::set<std::string> shard_names(const std::filesystem::path& index);

using ShardReader = std::function<SafetensorsFile(const std::filesystem::path&)>;

// All tensors of these files. Throws kRefused "safetensors.shard_mismatch" for one that is in two of them, and whatever
// `read` does.
SafetensorsFile read_shards(const std::vector<std::filesystem::path>& shards, const ShardReader& read);

// Tensors of the shards that the index does not name are left out: they are left from another set. Throws kRefused
// "safetensors.bad_index", "safetensors.bad_shard_name", "safetensors.missing_shard",
// "safetensors.shard_mismatch", and whatever a shard itself is refused for.
SafetensorsFile read_sharded(const std::filesystem::path& index, const ShardReader& read);

}  // namespace weightloom::safetensors
