#pragma once
// Sharded sets: `model.safetensors.index.json` and the shards that it names. Private to the module.

#include <filesystem>

#include "weightloom/formats/safetensors.hpp"

namespace weightloom::safetensors {

// Throws kRefused "safetensors.bad_index", "safetensors.bad_shard_name", "safetensors.missing_shard",
// "safetensors.shard_mismatch", and whatever a shard itself is refused for.
SafetensorsFile read_sharded(const std::filesystem::path& index);

}  // namespace weightloom::safetensors
