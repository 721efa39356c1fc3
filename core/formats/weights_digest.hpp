#pragma once
// What a weights file holds, without holding it: whether two of them are the same network. Private to the module.

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "weightloom/base/tensor.hpp"
#include "weightloom/formats/weights_folder.hpp"

namespace weightloom {

struct TensorDigest {
  DType dtype = DType::kF32;
  Shape shape;
  std::string sha256;  // of its bytes
  bool operator==(const TensorDigest&) const = default;
};

// Of all tensors, by name. Throws what read_weights() does, and kInterrupted.
std::map<std::string, TensorDigest> digests_of(const FoundNetwork& network);

// Throws what read_weights() does.
std::set<std::string> tensor_names(const std::filesystem::path& path);

}  // namespace weightloom
