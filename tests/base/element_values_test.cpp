#include "weightloom/base/element_values.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "weightloom/base/error.hpp"

using namespace weightloom;

namespace {

template <class T>
std::vector<double> values(DType dtype, const std::vector<T>& elements) {
  std::vector<double> out(elements.size());
  read_values(dtype, std::as_bytes(std::span(elements)), out);
  return out;
}

using Doubles = std::vector<double>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("integers and booleans are read as what they are", "[values]") {
  CHECK(values<std::uint8_t>(DType::kBool, {0, 1, 7}) == Doubles{0, 1, 1});
  CHECK(values<std::uint8_t>(DType::kU8, {0, 200, 255}) == Doubles{0, 200, 255});
  CHECK(values<std::int8_t>(DType::kI8, {-128, 127}) == Doubles{-128, 127});
  CHECK(values<std::int16_t>(DType::kI16, {-32768, 5}) == Doubles{-32768, 5});
  CHECK(values<std::uint16_t>(DType::kU16, {65535}) == Doubles{65535});
  CHECK(values<std::int32_t>(DType::kI32, {-2147483647}) == Doubles{-2147483647});
  CHECK(values<std::uint32_t>(DType::kU32, {4294967295u}) == Doubles{4294967295.0});
  CHECK(values<std::int64_t>(DType::kI64, {-5, std::int64_t{1} << 60}) == Doubles{-5, 0x1p60});
  CHECK(values<std::uint64_t>(DType::kU64, {std::uint64_t{1} << 63}) == Doubles{0x1p63});
  CHECK(values<float>(DType::kF32, {0.5f, -3}) == Doubles{0.5, -3});
  CHECK(values<double>(DType::kF64, {1e300}) == Doubles{1e300});
}

TEST_CASE("half and brain floats are read to the last bit", "[values]") {
  CHECK(values<std::uint16_t>(DType::kF16, {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0400, 0x7C00, 0xFC00, 0x8000}) ==
        Doubles{1, -2, 65504, 0x1p-24, 0x1p-14, kInfinity, -kInfinity, 0});
  CHECK(std::isnan(values<std::uint16_t>(DType::kF16, {0x7E01})[0]));
  CHECK(std::signbit(values<std::uint16_t>(DType::kF16, {0x8000})[0]));
  CHECK(values<std::uint16_t>(DType::kBF16, {0x3F80, 0xC040, 0x7F80}) == Doubles{1, -3, kInfinity});
  CHECK(std::isnan(values<std::uint16_t>(DType::kBF16, {0x7FC0})[0]));
}

// The extremes that the formats' definitions state (Micikevicius et al. 2022; OCP 8-bit formats; ONNX for FNUZ).
TEST_CASE("floats of eight bits are read after their definitions", "[values]") {
  using Codes = std::vector<std::uint8_t>;
  CHECK(values(DType::kF8E4M3, Codes{0x38, 0x7E, 0xFE, 0x01, 0x08}) == Doubles{1, 448, -448, 0x1p-9, 0x1p-6});
  CHECK(std::isnan(values(DType::kF8E4M3, Codes{0x7F})[0]));
  CHECK(values(DType::kF8E5M2, Codes{0x3C, 0x7B, 0x01, 0x7C, 0xFC}) ==
        Doubles{1, 57344, 0x1p-16, kInfinity, -kInfinity});
  CHECK(std::isnan(values(DType::kF8E5M2, Codes{0x7D})[0]));
  CHECK(values(DType::kF8E4M3FNUZ, Codes{0x40, 0x7F, 0x01}) == Doubles{1, 240, 0x1p-10});
  CHECK(std::isnan(values(DType::kF8E4M3FNUZ, Codes{0x80})[0]));
  CHECK(values(DType::kF8E5M2FNUZ, Codes{0x40, 0x7F, 0x01}) == Doubles{1, 57344, 0x1p-17});
  CHECK(std::isnan(values(DType::kF8E5M2FNUZ, Codes{0x80})[0]));
  CHECK(values(DType::kF8E8M0, Codes{0, 127, 254}) == Doubles{0x1p-127, 1, 0x1p127});
  CHECK(std::isnan(values(DType::kF8E8M0, Codes{255})[0]));
}

TEST_CASE("complex and packed types are refused, not converted", "[values]") {
  for (const auto dtype : {DType::kC64, DType::kF6E2M3, DType::kF6E3M2, DType::kF4}) {
    CHECK_FALSE(has_values(dtype));
    std::vector<double> out(1);
    const std::vector<std::byte> bytes(8);
    try {
      read_values(dtype, bytes, out);
      FAIL("read");
    } catch (const Error& error) {
      CHECK(error.id() == "dtype.no_values");
    }
  }
}
