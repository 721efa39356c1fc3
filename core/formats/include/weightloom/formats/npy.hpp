#pragma once
// NumPy .npy arrays: images in, logits out. No LibTorch.

#include <filesystem>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Reads headers of version 1 to 3, C and Fortran order, either byte order, dtypes b1, u1, i1, i2, i4, i8, f2, f4, f8
// and c8. Throws what FileReader does (base/file.hpp), and kRefused "npy.<case>".
HostTensor read_npy(const std::filesystem::path& path);
// Writes version 1, C order, little-endian. Throws write_error() (base/file.hpp), and kUsage "npy.unsupported_dtype"
// for a dtype that read_npy() does not read.
void write_npy(const std::filesystem::path& path, const HostTensor& tensor);

}  // namespace weightloom
