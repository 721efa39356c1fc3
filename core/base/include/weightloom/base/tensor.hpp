#pragma once
// A tensor as plain bytes: what files, the zoo and dialects deal in. No LibTorch. Values: each owns what it holds; the
// functions are [any-thread].

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

using Shape = std::vector<std::int64_t>;

enum class DType : std::uint8_t {
  kBool,
  kU8,
  kI8,
  kI16,
  kI32,
  kI64,
  kF16,
  kBF16,
  kF32,
  kF64,
  kU16,
  kU32,
  kU64,
  kC64,
  kF8E4M3,
  kF8E5M2,
  kF8E8M0,
  kF8E4M3FNUZ,
  kF8E5M2FNUZ,
  kF6E2M3,
  kF6E3M2,
  kF4
};

// The safetensors spelling ("F32", "BF16", ...).
std::string_view dtype_name(DType dtype);
std::optional<DType> find_dtype(std::string_view name);
// Throws kRefused "dtype.unknown" where find_dtype() finds nothing.
DType parse_dtype(std::string_view name);
// Of one element.
std::size_t dtype_bits(DType dtype);
// Of one element. Throws kRefused "dtype.packed" for a type whose elements share bytes.
std::size_t dtype_bytes(DType dtype);

// Product of the dimensions (1 for rank 0). Throws kRefused: "shape.negative" for a negative dimension,
// "shape.overflow" when those that are not 0 multiply to more than int64 holds.
std::int64_t element_count(const Shape& shape);
// Bytes of a tensor, whose elements are packed where they are less than bytes. Throws what element_count() does, and
// kRefused "dtype.packed" when they do not fill whole bytes.
std::size_t byte_count(DType dtype, const Shape& shape);
// "[3, 4]".
std::string to_string(const Shape& shape);

// Owns its bytes: little-endian, C order, exactly byte_count(dtype, shape) of them.
struct HostTensor {
  DType dtype = DType::kF32;
  Shape shape;
  std::vector<std::byte> bytes;

  // Copies `values`, in C order. Throws kUsage "tensor.size" when they do not fill the shape.
  static HostTensor from_f32(Shape shape, std::span<const float> values);
  // A view of the bytes, as long as they live and stay. Throws kUsage "tensor.dtype" when dtype is not F32.
  std::span<const float> f32() const;
};

// Tensors by name, in name order.
using TensorMap = std::map<std::string, HostTensor>;

}  // namespace weightloom
