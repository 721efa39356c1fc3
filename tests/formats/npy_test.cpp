#include "weightloom/formats/npy.hpp"

#include <catch2/catch.hpp>

#include "memory_bound.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

std::string file_of(std::string header, const std::string& data, int version = 1) {
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + header + data;
}

std::string header_of(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

HostTensor read(const std::string& content) {
  const test::TemporaryFolder folder;
  test::write_quickly(folder / "x.npy", content);
  const test::MemoryBound bound(folder / "x.npy");
  return read_npy(folder / "x.npy");
}

std::string verdict(const std::string& content) {
  try {
    read(content);
    return "accepted";
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kRefused);
    return error.id();
  }
}

}  // namespace

TEST_CASE("arrays are written and read back equal", "[npy]") {
  const test::TemporaryFolder folder;
  for (const Shape& shape : {Shape{}, Shape{4}, Shape{2, 3}, Shape{0, 3}, Shape{2, 1, 2}}) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)), 1.5f);
    write_npy(folder / "x.npy", HostTensor::from_f32(shape, values));
    CHECK(read_file(folder / "x.npy").find('\n') % 64 == 63);
    const auto tensor = read_npy(folder / "x.npy");
    CHECK(tensor.shape == shape);
    CHECK(std::vector<float>(tensor.f32().begin(), tensor.f32().end()) == values);
  }
}

TEST_CASE("unsigned integers of every width are written and read back", "[npy]") {
  const test::TemporaryFolder folder;
  for (const auto dtype : {DType::kU8, DType::kU16, DType::kU32, DType::kU64}) {
    const HostTensor tensor{dtype, {2}, std::vector<std::byte>(2 * dtype_bytes(dtype), std::byte{0xFE})};
    write_npy(folder / "x.npy", tensor);
    const auto read = read_npy(folder / "x.npy");
    CHECK(read.dtype == dtype);
    CHECK(read.bytes == tensor.bytes);
  }
}

TEST_CASE("a dtype that NumPy lacks is not written", "[npy]") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(write_npy(folder / "x.npy", {DType::kBF16, {1}, std::vector<std::byte>(2)}), Error);
}

TEST_CASE("all header versions are read", "[npy]") {
  for (int version : {1, 2, 3})
    CHECK(read(file_of(header_of("|u1", "False", "(2,)"), "ab", version)).shape == Shape{2});
}

TEST_CASE("big-endian values are swapped", "[npy]") {
  const auto tensor = read(file_of(header_of(">i2", "False", "(1,)"), std::string("\x01\x02", 2)));
  CHECK(tensor.dtype == DType::kI16);
  CHECK(tensor.bytes == std::vector<std::byte>{std::byte{2}, std::byte{1}});
}

TEST_CASE("Fortran order is transposed to C order", "[npy]") {
  const auto tensor = read(file_of(header_of("|u1", "True", "(2, 3)"), "adbecf"));
  CHECK(std::string(reinterpret_cast<const char*>(tensor.bytes.data()), 6) == "abcdef");
}

TEST_CASE("files that are not plain arrays are refused", "[npy]") {
  CHECK(verdict("") == "npy.too_small");
  CHECK(verdict("PK\3\4 this is a zip") == "npy.bad_magic");
  CHECK(verdict(file_of(header_of("|u1", "False", "(1,)"), "a", 4)) == "npy.bad_version");
  CHECK(verdict(file_of(header_of("|O", "False", "(1,)"), "a")) == "npy.unknown_dtype");
  CHECK(verdict(file_of(header_of("<U3", "False", "(1,)"), "a")) == "npy.unknown_dtype");
  CHECK(verdict(file_of("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd")) ==
        "npy.bad_header");
  CHECK(verdict(file_of("{'descr': '|u1', 'shape': (1,), }", "a")) == "npy.bad_header");
  CHECK(verdict(file_of("{'descr': '|u1', 'descr': '|u1', 'shape': (1,), }", "a")) == "npy.bad_header");
  CHECK(verdict(file_of(header_of("|u1", "0", "(1,)"), "a")) == "npy.bad_header");
  CHECK(verdict(file_of(header_of("|u1", "False", "(-1,)"), "a")) == "npy.bad_header");
  CHECK(verdict(file_of(header_of("|u1", "False", "(1,)") + "; import os", "a")) == "npy.bad_header");
  CHECK(verdict(file_of(header_of("|u1", "False", "(1,)") + std::string(20'000, ' '), "a")) == "npy.header_too_large");
}

TEST_CASE("data that does not fill the shape is refused", "[npy]") {
  CHECK(verdict(file_of(header_of("<f4", "False", "(2,)"), "1234567")) == "npy.bytes_mismatch");
  CHECK(verdict(file_of(header_of("<f4", "False", "(2,)"), "123456789")) == "npy.bytes_mismatch");
  CHECK(verdict(file_of(header_of("<f4", "False", "(4294967296, 4294967296)"), "")) == "shape.overflow");
  CHECK(verdict(file_of(header_of("<f8", "False", "(2305843009213693952,)"), "")) == "npy.bytes_mismatch");
}

TEST_CASE("mutated arrays are accepted or refused, never anything else", "[npy]") {
  const test::TemporaryFolder folder;
  write_npy(folder / "x.npy", HostTensor::from_f32({2, 3}, std::vector<float>(6, 1.0f)));
  const auto original = read_file(folder / "x.npy");
  Random random(2);
  for (int round = 0; round < 1000; ++round) {
    auto mutated = original;
    mutated[random.below(mutated.size())] = static_cast<char>(random.next());
    if (random.below(3) == 0) mutated.resize(random.below(mutated.size()));
    try {
      read(mutated);
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::kRefused);
    }
  }
}

}  // namespace weightloom
