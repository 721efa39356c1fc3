#include "weightloom/base/element_values.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// A float of eight bits: sign, exponent, mantissa.
struct SmallFloat {
  enum class Special {
    kInfinities,   // as IEEE 754: the largest exponent means infinity, and NaN with a mantissa
    kOneNan,       // no infinities; all ones are NaN
    kNegativeZero  // no infinities; what would be negative zero is NaN
  };
  unsigned mantissa_bits;
  int bias;
  Special special;
};

double decode(const SmallFloat& format, unsigned code) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const unsigned mantissa_mask = (1u << format.mantissa_bits) - 1, exponent_mask = 0x7Fu >> format.mantissa_bits;
  const unsigned mantissa = code & mantissa_mask, exponent = (code >> format.mantissa_bits) & exponent_mask;
  const double sign = (code & 0x80u) != 0 ? -1 : 1;
  using Special = SmallFloat::Special;
  if (format.special == Special::kInfinities && exponent == exponent_mask)
    return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : kNan;
  if (format.special == Special::kOneNan && (code & 0x7Fu) == 0x7Fu) return kNan;
  if (format.special == Special::kNegativeZero && code == 0x80u) return kNan;
  const auto step = -static_cast<int>(format.mantissa_bits) - format.bias;
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 + step);
  return sign * std::ldexp(mantissa | (1u << format.mantissa_bits), static_cast<int>(exponent) + step);
}

using Table = std::array<double, 256>;

Table table_of(const SmallFloat& format) {
  Table table{};
  for (unsigned code = 0; code < table.size(); ++code) table[code] = decode(format, code);
  return table;
}

// Powers of two alone.
Table exponent_table() {
  Table table{};
  for (int code = 0; code < 255; ++code) table[static_cast<std::size_t>(code)] = std::ldexp(1.0, code - 127);
  table[255] = std::numeric_limits<double>::quiet_NaN();
  return table;
}

const Table& table_of(DType dtype) {
  using Special = SmallFloat::Special;
  static const Table e4m3 = table_of({3, 7, Special::kOneNan}), e5m2 = table_of({2, 15, Special::kInfinities}),
                     e4m3_fnuz = table_of({3, 8, Special::kNegativeZero}),
                     e5m2_fnuz = table_of({2, 16, Special::kNegativeZero}), e8m0 = exponent_table();
  return dtype == DType::kF8E4M3       ? e4m3
         : dtype == DType::kF8E5M2     ? e5m2
         : dtype == DType::kF8E4M3FNUZ ? e4m3_fnuz
         : dtype == DType::kF8E5M2FNUZ ? e5m2_fnuz
                                       : e8m0;
}

// Without a branch, so that many are converted at once.
float from_half(std::uint16_t half) {
  constexpr std::uint32_t kOtherBias = 112u << 23, kSpecial = 0x7F800000u;
  const auto magnitude = static_cast<std::uint32_t>(half & 0x7FFFu) << 13;
  const auto sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const auto subnormal = std::bit_cast<std::uint32_t>(static_cast<float>(half & 0x3FF) * 0x1p-24f);
  const auto exponent = half & 0x7C00u;
  const auto normal = exponent == 0x7C00u ? magnitude | kSpecial : magnitude + kOtherBias;
  return std::bit_cast<float>((exponent == 0 ? subnormal : normal) | sign);
}

float from_bfloat(std::uint16_t brain) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(brain) << 16);
}

template <class T, class Convert>
void read_as(std::span<const std::byte> bytes, std::span<double> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    out[i] = static_cast<double>(convert(value));
  }
}

template <class T>
void read_as(std::span<const std::byte> bytes, std::span<double> out) {
  read_as<T>(bytes, out, [](T value) { return value; });
}

}  // namespace

bool has_values(DType dtype) {
  return dtype != DType::kC64 && dtype_bits(dtype) % 8 == 0;
}

void read_values(DType dtype, std::span<const std::byte> bytes, std::span<double> out) {
  switch (dtype) {
    case DType::kBool:
      return read_as<std::uint8_t>(bytes, out, [](std::uint8_t value) { return value != 0; });
    case DType::kU8:
      return read_as<std::uint8_t>(bytes, out);
    case DType::kI8:
      return read_as<std::int8_t>(bytes, out);
    case DType::kU16:
      return read_as<std::uint16_t>(bytes, out);
    case DType::kI16:
      return read_as<std::int16_t>(bytes, out);
    case DType::kU32:
      return read_as<std::uint32_t>(bytes, out);
    case DType::kI32:
      return read_as<std::int32_t>(bytes, out);
    case DType::kU64:
      return read_as<std::uint64_t>(bytes, out);
    case DType::kI64:
      return read_as<std::int64_t>(bytes, out);
    case DType::kF16:
      return read_as<std::uint16_t>(bytes, out, from_half);
    case DType::kBF16:
      return read_as<std::uint16_t>(bytes, out, from_bfloat);
    case DType::kF32:
      return read_as<float>(bytes, out);
    case DType::kF64:
      return read_as<double>(bytes, out);
    case DType::kF8E4M3:
    case DType::kF8E5M2:
    case DType::kF8E8M0:
    case DType::kF8E4M3FNUZ:
    case DType::kF8E5M2FNUZ: {
      const auto& table = table_of(dtype);
      return read_as<std::uint8_t>(bytes, out, [&](std::uint8_t code) { return table[code]; });
    }
    case DType::kC64:
    case DType::kF6E2M3:
    case DType::kF6E3M2:
    case DType::kF4:
      break;
  }
  throw Error(ErrorCode::kRefused, "dtype.no_values",
              "cannot read values of type " + std::string(dtype_name(dtype)) + " as numbers",
              dtype == DType::kC64 ? "they are complex" : "they are packed, several to a byte");
}

}  // namespace weightloom
