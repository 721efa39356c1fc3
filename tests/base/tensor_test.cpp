#include "weightloom/base/tensor.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <set>

#include "thrown.hpp"

using namespace weightloom;

TEST_CASE("every dtype has a name of its own that is read back, and a size") {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(DType::kF4); ++i) {
    const auto dtype = static_cast<DType>(i);
    CHECK(parse_dtype(dtype_name(dtype)) == dtype);
    CHECK(names.insert(dtype_name(dtype)).second);
  }
  CHECK(dtype_bytes(DType::kBool) == 1);
  CHECK(dtype_bytes(DType::kBF16) == 2);
  CHECK(dtype_bytes(DType::kF32) == 4);
  CHECK(dtype_bytes(DType::kC64) == 8);
  CHECK(dtype_bytes(DType::kF8E4M3) == 1);
  CHECK(dtype_bits(DType::kF6E2M3) == 6);
  CHECK_FALSE(find_dtype("F5"));
}

TEST_CASE("elements smaller than bytes are packed, and fill whole bytes") {
  CHECK(byte_count(DType::kF32, {2, 3}) == 24);
  CHECK(byte_count(DType::kF4, {4}) == 2);
  CHECK(byte_count(DType::kF6E3M2, {2, 2}) == 3);
  CHECK(byte_count(DType::kF4, {0, 3}) == 0);
  CHECK(test::thrown([] { byte_count(DType::kF4, {3}); }).id() == "dtype.packed");
  CHECK(test::thrown([] { byte_count(DType::kF64, {INT64_MAX}); }).id() == "shape.overflow");
  CHECK(test::thrown([] { dtype_bytes(DType::kF4); }).id() == "dtype.packed");
}

TEST_CASE("a dtype that is not known is refused") {
  const auto name = GENERATE("", "f32", "F33", "float32", "F32 ");
  CAPTURE(name);
  const auto error = test::thrown([&] { parse_dtype(name); });
  CHECK(error.code() == ErrorCode::kRefused);
  CHECK(error.id() == "dtype.unknown");
}

TEST_CASE("elements are counted, and rank 0 has one") {
  CHECK(element_count({}) == 1);
  CHECK(element_count({3, 4}) == 12);
  CHECK(element_count({3, 0, 4}) == 0);
  CHECK(element_count({INT64_MAX}) == INT64_MAX);
}

TEST_CASE("shapes beyond 63 bits and negative dimensions are refused, also beside a zero") {
  CHECK(test::thrown([] { element_count({INT64_MAX, 2}); }).id() == "shape.overflow");
  CHECK(test::thrown([] { element_count({1LL << 32, 1LL << 31}); }).id() == "shape.overflow");
  CHECK(test::thrown([] { element_count({0, INT64_MAX, 2}); }).id() == "shape.overflow");
  CHECK(test::thrown([] { element_count({-1}); }).id() == "shape.negative");
  CHECK(test::thrown([] { element_count({0, -1}); }).code() == ErrorCode::kRefused);
}

TEST_CASE("a shape is written as a list") {
  CHECK(to_string(Shape{}) == "[]");
  CHECK(to_string(Shape{3, 4}) == "[3, 4]");
}

TEST_CASE("a host tensor holds the values that it was made of") {
  const std::array<float, 4> values{1, -2, 0.5, 1e30f};
  const auto tensor = HostTensor::from_f32({2, 2}, values);
  CHECK(tensor.dtype == DType::kF32);
  CHECK(tensor.shape == Shape{2, 2});
  CHECK(tensor.bytes.size() == 16);
  CHECK(std::equal(values.begin(), values.end(), tensor.f32().begin(), tensor.f32().end()));
}

TEST_CASE("values that do not fill the shape, and another dtype, are refused") {
  const std::array<float, 3> values{};
  CHECK(test::thrown([&] { HostTensor::from_f32({2, 2}, values); }).id() == "tensor.size");
  HostTensor half{DType::kF16, {1}, std::vector<std::byte>(2)};
  CHECK(test::thrown([&] { half.f32(); }).id() == "tensor.dtype");
}
