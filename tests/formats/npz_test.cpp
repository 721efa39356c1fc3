#include "weightloom/formats/npz.hpp"

#include <zlib.h>

#include <catch2/catch.hpp>

#include "memory_bound.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string array_of(const std::string& descr, const std::string& shape, const std::string& data) {
  const auto header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\1\0", 8) + raw(static_cast<std::uint16_t>(header.size())) + header + data;
}

std::string deflated(const std::string& bytes) {
  std::string out(::compressBound(bytes.size()), '\0');
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

struct Entry {
  std::string name, bytes;
  bool deflate = false;
  std::uint32_t crc_change = 0, size_change = 0;
};

// As numpy.savez does: the local header has the true sizes, and a Zip64 field although nothing needs one.
std::string zip(const std::vector<Entry>& entries) {
  std::string file, directory;
  for (const auto& [name, bytes, deflate, crc_change, size_change] : entries) {
    const auto stored = deflate ? deflated(bytes) : bytes;
    const auto offset = static_cast<std::uint32_t>(file.size());
    const auto crc = static_cast<std::uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
    const auto head = raw<std::uint16_t>(45) + raw<std::uint16_t>(0) + raw<std::uint16_t>(deflate ? 8 : 0) +
                      raw<std::uint32_t>(0) + raw(crc ^ crc_change) + raw(static_cast<std::uint32_t>(stored.size())) +
                      raw(static_cast<std::uint32_t>(bytes.size()) + size_change) +
                      raw(static_cast<std::uint16_t>(name.size()));
    file += "PK\x03\x04" + head + raw<std::uint16_t>(20) + name + raw<std::uint16_t>(1) + raw<std::uint16_t>(16) +
            raw<std::uint64_t>(bytes.size()) + raw<std::uint64_t>(stored.size()) + stored;
    directory += "PK\x01\x02" + raw<std::uint16_t>(45) + head + raw<std::uint16_t>(0) + std::string(10, '\0') +
                 raw(offset) + name;
  }
  const auto count = static_cast<std::uint16_t>(entries.size());
  return file + directory + "PK\x05\x06" + std::string(4, '\0') + raw(count) + raw(count) +
         raw(static_cast<std::uint32_t>(directory.size())) + raw(static_cast<std::uint32_t>(file.size())) +
         std::string(2, '\0');
}

class File {
 public:
  fs::path write(const std::string& content) const {
    test::write_quickly(folder_ / "x.npz", content);
    return folder_ / "x.npz";
  }
  TensorMap read(const std::string& content) const { return read_npz(write(content)); }
  std::string verdict(const std::string& content) const {
    const auto path = write(content);
    const test::MemoryBound bound(path);
    try {
      read_npz(path);
      return "accepted";
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      CHECK(error.path() == (folder_ / "x.npz").string());
      return error.id();
    }
  }
  fs::path path() const { return folder_ / "x.npz"; }

 private:
  test::TemporaryFolder folder_;
};

TensorMap every_type() {
  TensorMap tensors;
  for (const auto dtype : {DType::kBool, DType::kU8, DType::kI8, DType::kI16, DType::kI32, DType::kI64, DType::kF16,
                           DType::kF32, DType::kF64, DType::kC64})
    tensors["layer/" + std::string(dtype_name(dtype))] = {
        dtype, {2, 3}, std::vector<std::byte>(6 * dtype_bytes(dtype), std::byte{1})};
  tensors["scalar"] = HostTensor::from_f32({}, std::vector<float>{2});
  tensors["empty"] = HostTensor::from_f32({0, 4}, {});
  return tensors;
}

std::string error_of_writing(const fs::path& path, const std::string& name, const HostTensor& tensor) {
  try {
    write_npz(path, {{name, tensor}});
    return "written";
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    CHECK_FALSE(fs::exists(path));
    return error.id();
  }
}

}  // namespace

TEST_CASE("archives are written and read back equal, and are known by what they begin with", "[npz]") {
  const File file;
  const auto tensors = every_type();
  write_npz(file.path(), tensors);
  const auto read = read_weights(file.path());
  CHECK(read.format == "npz");
  REQUIRE(read.tensors.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    CHECK(read.tensors.at(name).dtype == tensor.dtype);
    CHECK(read.tensors.at(name).shape == tensor.shape);
    CHECK(read.tensors.at(name).bytes == tensor.bytes);
  }
  write_npz(file.path(), {});
  CHECK(read_npz(file.path()).empty());
}

TEST_CASE("stored and deflated arrays are read as NumPy writes them", "[npz]") {
  const File file;
  for (const bool deflate : {false, true}) {
    const auto tensors = file.read(zip(
        {{"a.b.npy", array_of("<i2", "(2,)", "abcd"), deflate}, {"c/d.npy", array_of(">i2", "()", "xy"), deflate}}));
    REQUIRE(tensors.size() == 2);
    CHECK(tensors.at("a.b").bytes[0] == std::byte{'a'});
    CHECK(tensors.at("c/d").bytes[0] == std::byte{'y'});
  }
}

TEST_CASE("what NumPy cannot say is not written, and names the tensor", "[npz]") {
  const File file;
  CHECK(error_of_writing(file.path(), "w", {DType::kBF16, {1}, std::vector<std::byte>(2)}) == "npz.unsupported_dtype");
  CHECK(error_of_writing(file.path(), "w", {DType::kF4, {2}, std::vector<std::byte>(1)}) == "npz.unsupported_dtype");
  CHECK(error_of_writing(file.path(), "w", {DType::kF32, {2}, std::vector<std::byte>(4)}) == "npz.bad_tensor");
  const auto one = HostTensor::from_f32({1}, std::vector<float>{1});
  for (const auto& name : {std::string(), std::string("../w"), std::string("/w"), std::string("a\\b"),
                           std::string("a\nb"), std::string(1025, 'x')})
    CHECK(error_of_writing(file.path(), name, one) == "npz.bad_name");
  CHECK(error_of_writing(file.path(), std::string(1024, 'x'), one) == "written");
  CHECK(read_npz(file.path()).size() == 1);
}

TEST_CASE("archives of anything but plain arrays are refused", "[npz]") {
  const File file;
  const auto array = array_of("|u1", "(1,)", "a");
  CHECK(file.verdict("") == "zip.no_directory");
  CHECK(file.verdict(zip({{"a.npy", array}}) + "x") == "zip.no_directory");
  CHECK(file.verdict(zip({{"a.txt", array}})) == "npz.not_an_array");
  CHECK(file.verdict(zip({{".npy", array}})) == "npz.not_an_array");
  CHECK(file.verdict(zip({{"a.npy", array}, {"data.pkl", "x"}})) == "npz.not_an_array");
  CHECK(file.verdict(zip({{std::string(1025, 'x') + ".npy", array}})) == "npz.bad_name");
  CHECK(file.verdict(zip({{"../a.npy", array}})) == "zip.bad_name");
  CHECK(file.verdict(zip({{"a.npy", array}, {"a.npy", array}})) == "zip.duplicate_name");
  CHECK(file.verdict(zip({{"a.npy", array, false, 1}})) == "zip.damaged");
  CHECK(file.verdict(zip({{"a.npy", array, true, 0, 1}})) == "zip.damaged");
  CHECK(file.verdict(zip({{"a.npy", ""}})) == "npy.too_small");
  CHECK(file.verdict(zip({{"a.npy", "this is no array"}})) == "npy.bad_magic");
  CHECK(file.verdict(zip({{"a.npy", array_of("|O", "(1,)", "\x80\x04N.")}})) == "npy.unknown_dtype");
  CHECK(file.verdict(zip({{"a.npy", array + "x"}})) == "npy.bytes_mismatch");
  CHECK(file.verdict(zip({{"a.npy", array_of("<f4", "(4294967296, 4294967296)", "")}})) == "shape.overflow");
}

TEST_CASE("an error within an archive says which array it is about", "[npz]") {
  const File file;
  try {
    file.read(zip({{"good.npy", array_of("|u1", "(1,)", "a")}, {"bad.npy", array_of("<U3", "(1,)", "a")}}));
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.why().find("'bad.npy'") != std::string::npos);
  }
}

TEST_CASE("what unpacks without measure is refused before it is unpacked", "[npz]") {
  const File file;
  const auto zeros = [](std::size_t count) {
    return array_of("|u1", "(" + std::to_string(count) + ",)", std::string(count, '\0'));
  };
  CHECK(file.verdict(zip({{"a.npy", zeros(1'000'000), true}})) == "accepted");
  CHECK(file.verdict(zip({{"a.npy", zeros(2'000'000), true}})) == "zip.ratio");
  std::vector<Entry> many;
  for (int i = 0; i < 100; ++i) many.push_back({std::to_string(i) + ".npy", zeros(1'000'000), true});
  CHECK(file.verdict(zip(many)) == "npz.limit_exceeded");
}

TEST_CASE("what is called an archive of arrays and is none is refused by what is wrong with it", "[npz]") {
  const File file;
  const auto error_of = [&](const std::string& content) -> std::string {
    try {
      read_weights(file.write(content));
      return "none";
    } catch (const Error& error) {
      return error.id();
    }
  };
  CHECK(error_of(zip({{"a.txt", "x"}})) == "npz.not_an_array");
  CHECK(error_of("text that is no archive at all") == "zip.no_directory");
  CHECK(error_of(std::string("\x80\x02N.", 4)) == "weights.pickle");
}

TEST_CASE("mutated archives are accepted or refused, never anything else", "[npz]") {
  const File file;
  const auto original = zip({{"a.npy", array_of("<f4", "(2, 2)", std::string(16, 'a'))},
                             {"b.npy", array_of("<i2", "(300,)", std::string(600, 'b')), true}});
  REQUIRE(file.verdict(original) == "accepted");
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    auto mutated = original;
    for (auto changes = random.below(3) + 1; changes-- > 0;)
      mutated[random.below(mutated.size())] = static_cast<char>(random.next());
    if (random.below(3) == 0) mutated.resize(random.below(mutated.size()));
    file.verdict(mutated);
  }
}

}  // namespace weightloom
