#pragma once
// Which files of a folder are networks: weights files, sharded sets by their index or by their names, and what looks
// like a network but is none. No LibTorch. [any-thread]

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace weightloom {

struct FoundNetwork {
  std::filesystem::path path;  // the file, the index of a sharded set, or the first shard of a set without an index
  std::vector<std::filesystem::path> shards;  // of a set without an index, in their order; else empty
  std::string stem;  // what it is called: "model" of model.safetensors.index.json, else the (first) file's name
};

// A file that is not read, and why: `id` is short and stable ("weights.lfs_pointer").
struct LeftOut {
  std::filesystem::path path;
  std::string id, why;
};

struct FolderContents {
  std::vector<FoundNetwork> networks;
  std::vector<LeftOut> refused;      // called like a network, but none that can be read
  std::vector<LeftOut> passed_over;  // not meant, or in a format that is not read
};

// Does a file say of itself that it is a whole network, whatever it is called?
using IsWhole = std::function<bool(const std::filesystem::path&)>;

// `files` are all files of one folder, or those of it that are meant. What is called as a shard is one unless
// `is_whole`, which is asked of such files, says otherwise. Files of one name that hold the same weights are one
// network, those with other weights are refused beside the one that is taken; a set with other types or shapes than the
// file of its name is passed over. Never throws for what is in them; throws kInterrupted.
FolderContents find_networks(const std::vector<std::filesystem::path>& files, const IsWhole& is_whole = {});

// Is it called as a shard of a set is: "model-00001-of-00003.safetensors"?
bool is_named_as_shard(const std::filesystem::path& file);
// Is it one of several shards that lie beside each other, each with tensors of its own? Not so checkpoints called
// "epoch-00001-of-00010", which have the same tensors. One that cannot be read has others; throws kInterrupted.
bool is_one_shard_of_several(const std::filesystem::path& file);

}  // namespace weightloom
