#pragma once
// Weights files of every format. The reader is chosen by what a file begins with; its name speaks only for a file that
// begins like none (a damaged one, so that it is refused and not passed over). A new format is a line of the table in
// weights_file.cpp. No LibTorch. All functions are [any-thread].

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

struct WeightsFormat {
  std::string_view name;    // "safetensors", "pytorch", "npy", "npz", "tfjs"
  bool self_contained;      // false: an index or a manifest, whose tensors are in other files
  bool found_by_searching;  // false: an array may hold anything, and is taken for weights only when it is named
};

struct WeightsFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;  // empty where the format has none
  std::vector<std::string> warnings;            // lenient choices taken
  std::string format;                           // WeightsFormat::name
};

// nullopt when neither content nor name are those of a weights file. Throws what FileReader does for what cannot be
// opened or is no regular file.
std::optional<WeightsFormat> detect_format(const std::filesystem::path& path);

// Does it begin as a weights file, whatever it is called? Throws the same.
bool begins_as_weights(const std::filesystem::path& path);

// Reads and checks a whole file, or a sharded set by its index. The tensor of an .npy array is named after the file.
// Throws what FileReader does, kRefused "weights.unknown_format" or the id of a ForeignFormat, and what the format's
// reader does (safetensors.hpp, pytorch.hpp, npy.hpp, npz.hpp, tfjs.hpp).
WeightsFile read_weights(const std::filesystem::path& path);

// The files that an index or a manifest names, as it names them; none when the file is no such thing. Throws what
// FileReader does.
std::set<std::string> shard_names(const std::filesystem::path& index);

// A sharded set without an index: all tensors of all files. Throws what read_weights() does.
WeightsFile read_shards(const std::vector<std::filesystem::path>& shards);

// A format that is known but not read.
struct ForeignFormat {
  std::string id;    // "weights.gguf": of the error that read_weights() throws
  std::string name;  // "a GGUF file"
  std::string hint;  // what to do about it
  bool holds_weights;
};
// nullopt when the file begins as none does. Throws what FileReader does.
std::optional<ForeignFormat> foreign_format(const std::filesystem::path& path);

// Does the name end as that of a weights file, or of an index of one?
bool is_named_as_weights(const std::filesystem::path& path);

// The path without the extension of a known format, whatever its case: "sub/net.safetensors" is "sub/net",
// "m.safetensors.fp16.index.json" is "m.fp16", "face-weights_manifest.json" is "face", "net.bin" stays.
std::string without_extension(const std::filesystem::path& path);

}  // namespace weightloom
