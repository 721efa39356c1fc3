#pragma once
// NumPy arrays wherever they lie: in a file of their own, or in an archive. Private to the module.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom::npy {

inline constexpr std::size_t kMaxHeader = 10'000;                  // NumPy's own cap
inline constexpr std::size_t kLongestBeginning = 12 + kMaxHeader;  // what stands before the data

struct ArrayHeader {
  DType dtype = DType::kF32;
  Shape shape;
  bool big_endian = false, fortran_order = false;
  std::uint64_t data_start = 0;  // from the beginning of the array
};

// `beginning`: the array of `size` bytes, or its first kLongestBeginning. What comes back fills the array exactly.
// Throws kRefused "npy.<case>" and what element_count() does, for the file at `path`, with offsets in the array.
ArrayHeader parse_header(std::span<const std::byte> beginning, std::uint64_t size, const std::string& path);

// `data`: what follows the header.
HostTensor tensor_of(const ArrayHeader& header, std::vector<std::byte> data);

// What stands before the data: version 1, C order, little-endian. nullopt for a dtype that NumPy lacks.
std::optional<std::string> header_text(DType dtype, const Shape& shape);

}  // namespace weightloom::npy
