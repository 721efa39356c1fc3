#pragma once
// TensorFlow.js weights: the manifest in a model.json (graph and layers models) or by itself
// (NAME-weights_manifest.json), and the shards that it names. No LibTorch.

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

struct TfjsFile {
  TensorMap tensors;
  // "tfjs.format", "tfjs.generatedBy", "tfjs.convertedBy" where the file says them, and "tfjs.quantization": how the
  // quantised tensors were stored, by name, as JSON.
  std::map<std::string, std::string> metadata;
  std::vector<std::string> warnings;
};

// Tensors have the type that the manifest gives them, and the names and layouts of TensorFlow (kernels HWIO, dense
// [in, out]). What is quantised is decoded as TensorFlow.js does: q * scale + min in F64, rounded once to F32, or, for
// int32, to the nearest whole number with halves upwards; float16 is widened to F32, which loses nothing. A warning
// says so, since the weights that were trained are others. Throws what FileReader does, and kRefused "tfjs.<case>"
// (bad_manifest, bad_path, missing_shard, bytes_mismatch, unknown_dtype, bad_quantization, bad_tensor, bad_name,
// duplicate_name, duplicate_path, limit_exceeded, changed) with the path.
TfjsFile read_tfjs(const std::filesystem::path& manifest);

// The shards, as paths from the manifest's folder; none when it is no manifest.
std::set<std::string> tfjs_shard_names(const std::filesystem::path& manifest);

}  // namespace weightloom
