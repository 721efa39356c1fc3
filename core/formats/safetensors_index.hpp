#pragma once
// Sharded sets: `model.safetensors.index.json` and the shards that it names. Private to the module.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weightloom/formats/safetensors.hpp"

namespace weightloom::safetensors {

// The files that an index names; none when it is not an index.
std::set<std::string> shard_names(const std::filesystem::path& index);

// A shard, and the tensors that the index places there.
struct IndexedShard {
  std::filesystem::path path;
  std::set<std::string> tensors;
};

struct ShardIndex {
  std::filesystem::path path;
  std::vector<IndexedShard> shards;         // in name order
  std::set<std::string> tensors;            // of all of them
  std::optional<std::uint64_t> total_size;  // bytes of all tensors, if the index says
};

// Throws kRefused "safetensors.bad_index", "safetensors.bad_shard_name" and "safetensors.missing_shard".
ShardIndex read_index(const std::filesystem::path& path);

// Is `shard`, which holds the tensors `found`, as the index says? Tensors that it does not name are left from another
// set: each is a warning. Returns those that it places in another shard. Throws kRefused "safetensors.shard_mismatch"
// for one that is missing.
std::vector<std::string> check_shard(const ShardIndex& index, const IndexedShard& shard,
                                     const std::set<std::string>& found, std::vector<std::string>& warnings);
// A warning when these are not the bytes that the index tells.
void check_total(const ShardIndex& index, std::uint64_t bytes, std::vector<std::string>& warnings);

using ShardReader = std::function<SafetensorsFile(const std::filesystem::path&)>;

// All tensors of these files. Throws kRefused "safetensors.shard_mismatch" for one that is in two of them with other
// values, and whatever `read` does.
SafetensorsFile read_shards(const std::vector<std::filesystem::path>& shards, const ShardReader& read);

// The tensors that an index names. Throws what read_index() and check_shard() do, kRefused "safetensors.shard_mismatch"
// for a tensor that another shard has with other values, and whatever a shard itself is refused for.
SafetensorsFile read_sharded(const std::filesystem::path& index, const ShardReader& read);

}  // namespace weightloom::safetensors
