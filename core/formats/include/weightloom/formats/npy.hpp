#pragma once
// NumPy .npy arrays: images in, logits out. No LibTorch.

#include <filesystem>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Version 1 to 3 headers, C order, little-endian, dtypes |b1 |u1 |i1 <i2 <i4 <i8 <f2 <f4 <f8. Throws kRefused
// "npy.<case>".
HostTensor read_npy(const std::filesystem::path& path);
void write_npy(const std::filesystem::path& path, const HostTensor& tensor);

}  // namespace weightloom
