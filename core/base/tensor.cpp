#include "weightloom/base/tensor.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DTypeRow, 16> kDTypes{{{DType::kBool, "BOOL", 1},
                                            {DType::kU8, "U8", 1},
                                            {DType::kI8, "I8", 1},
                                            {DType::kI16, "I16", 2},
                                            {DType::kI32, "I32", 4},
                                            {DType::kI64, "I64", 8},
                                            {DType::kF16, "F16", 2},
                                            {DType::kBF16, "BF16", 2},
                                            {DType::kF32, "F32", 4},
                                            {DType::kF64, "F64", 8},
                                            {DType::kU16, "U16", 2},
                                            {DType::kU32, "U32", 4},
                                            {DType::kU64, "U64", 8},
                                            {DType::kC64, "C64", 8},
                                            {DType::kF8E4M3, "F8_E4M3", 1},
                                            {DType::kF8E5M2, "F8_E5M2", 1}}};

}  // namespace

std::string_view dtype_name(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)].name;
}
std::size_t dtype_bytes(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)].bytes;
}

DType parse_dtype(std::string_view name) {
  for (const auto& row : kDTypes)
    if (row.name == name) return row.dtype;
  throw Error(ErrorCode::kRefused, "dtype.unknown", "unknown dtype '" + std::string(name) + "'");
}

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  bool empty = false;
  for (auto dim : shape) {
    if (dim < 0) throw Error(ErrorCode::kRefused, "shape.negative", "negative dimension in " + to_string(shape));
    empty |= dim == 0;
    if (dim != 0 && __builtin_mul_overflow(count, dim, &count))
      throw Error(ErrorCode::kRefused, "shape.overflow", "shape " + to_string(shape) + " is too large");
  }
  return empty ? 0 : count;
}

std::string to_string(const Shape& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

HostTensor HostTensor::from_f32(Shape shape, std::span<const float> values) {
  HostTensor tensor{DType::kF32, std::move(shape), std::vector<std::byte>(values.size_bytes())};
  if (element_count(tensor.shape) != static_cast<std::int64_t>(values.size()))
    throw Error(ErrorCode::kUsage, "tensor.size",
                std::to_string(values.size()) + " values do not fill shape " + to_string(tensor.shape));
  std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
  return tensor;
}

std::span<const float> HostTensor::f32() const {
  if (dtype != DType::kF32)
    throw Error(ErrorCode::kUsage, "tensor.dtype", "expected F32, got " + std::string(dtype_name(dtype)));
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

}  // namespace weightloom
