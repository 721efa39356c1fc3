#include "weightloom/base/tensor.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

struct DTypeRow {
  std::string_view name;
  std::size_t bits;
};
// In the order of DType.
constexpr std::array<DTypeRow, 22> kDTypes{
    {{"BOOL", 8},        {"U8", 8},      {"I8", 8},      {"I16", 16},    {"I32", 32},    {"I64", 64},
     {"F16", 16},        {"BF16", 16},   {"F32", 32},    {"F64", 64},    {"U16", 16},    {"U32", 32},
     {"U64", 64},        {"C64", 64},    {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
     {"F8_E5M2FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4}}};

}  // namespace

std::string_view dtype_name(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)].name;
}

std::optional<DType> find_dtype(std::string_view name) {
  const auto row = std::ranges::find(kDTypes, name, &DTypeRow::name);
  if (row == kDTypes.end()) return std::nullopt;
  return static_cast<DType>(row - kDTypes.begin());
}

DType parse_dtype(std::string_view name) {
  if (const auto found = find_dtype(name)) return *found;
  throw Error(ErrorCode::kRefused, "dtype.unknown", "unknown dtype '" + std::string(name) + "'");
}

std::size_t dtype_bits(DType dtype) {
  return kDTypes[static_cast<std::size_t>(dtype)].bits;
}

std::size_t dtype_bytes(DType dtype) {
  if (dtype_bits(dtype) % 8 != 0)
    throw Error(ErrorCode::kRefused, "dtype.packed", "cannot work on values of type " + std::string(dtype_name(dtype)),
                "they are packed, several to a byte", "convert them to F16, BF16 or F32 first");
  return dtype_bits(dtype) / 8;
}

std::size_t byte_count(DType dtype, const Shape& shape) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  std::size_t bits = 0;
  if (__builtin_mul_overflow(count, dtype_bits(dtype), &bits))
    throw Error(ErrorCode::kRefused, "shape.overflow", "shape " + to_string(shape) + " is too large");
  if (bits % 8 != 0)
    throw Error(ErrorCode::kRefused, "dtype.packed",
                "shape " + to_string(shape) + " of " + std::string(dtype_name(dtype)) + " does not fill whole bytes");
  return bits / 8;
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
