#pragma once
// NumPy .npz archives: arrays by name. No LibTorch.

#include <filesystem>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Reads what numpy.savez() and savez_compressed() write: the entry "w.npy" is the tensor "w". Throws what FileReader
// does, kRefused "zip.<case>", what read_npy() does for an array, and "npz.<case>" (not_an_array, bad_name,
// limit_exceeded, changed) with the path.
TensorMap read_npz(const std::filesystem::path& path);

// Writes what numpy.load() reads, not compressed. Throws write_error() (base/file.hpp), and before it writes anything
// kUsage "npz.unsupported_dtype" for a type that NumPy lacks (BF16, F8, ...), "npz.bad_name" for a name that
// read_npz() would refuse, and "npz.bad_tensor" for bytes that do not fill a shape.
void write_npz(const std::filesystem::path& path, const TensorMap& tensors);

}  // namespace weightloom
