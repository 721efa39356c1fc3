#include "weightloom/formats/safetensors.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "memory_bound.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

std::string length_prefix(std::uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

std::string file_of(std::string_view header, std::size_t data_bytes) {
  return length_prefix(header.size()) + std::string(header) + std::string(data_bytes, '\1');
}

SafetensorsFile read(const std::string& content) {
  const test::TemporaryFolder folder;
  test::write_quickly(folder / "x.safetensors", content);
  const test::MemoryBound bound(folder / "x.safetensors");
  return read_safetensors(folder / "x.safetensors");
}

// "accepted", or the id of the refusal without its prefix.
std::string verdict(const std::string& content) {
  try {
    read(content);
    return "accepted";
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kRefused);
    CHECK(!error.path().empty());
    CHECK(error.offset().has_value());
    return error.id().substr(error.id().find('.') + 1);
  }
}

std::string verdict(std::string_view header, std::size_t data_bytes) {
  return verdict(file_of(header, data_bytes));
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{" + entry("a", dtype, shape, offsets) + "}";
}

TensorMap sample_tensors() {
  TensorMap tensors;
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  tensors["layer.weight"] = HostTensor::from_f32({2, 3}, values);
  tensors["layer.bias"] = HostTensor::from_f32({3}, std::span(values).first(3));
  tensors["flag"] = {DType::kBool, {1}, {std::byte{1}}};
  tensors["scalar"] = {DType::kF64, {}, std::vector<std::byte>(8)};
  tensors["nothing"] = {DType::kF32, {2, 0}, {}};
  tensors["half"] = {DType::kBF16, {3}, std::vector<std::byte>(6)};
  return tensors;
}

}  // namespace

TEST_CASE("a file too short for its length prefix or header is refused", "[safetensors]") {
  CHECK(verdict("") == "header_too_small");
  CHECK(verdict("1234567") == "header_too_small");
  CHECK(verdict(length_prefix(60)) == "invalid_header_length");
  CHECK(verdict(length_prefix(1000) + "{}") == "invalid_header_length");
}

TEST_CASE("a header length above the cap is refused before it is added to anything", "[safetensors]") {
  CHECK(verdict(length_prefix(0xFFFFFF000000003C)) == "header_too_large");
  CHECK(verdict(length_prefix(0xFFFFFFFFFFFFFFFE)) == "header_too_large");
  CHECK(verdict(length_prefix(100'000'001)) == "header_too_large");
}

TEST_CASE("text that is not strict UTF-8 is refused", "[safetensors]") {
  CHECK(verdict("\xFF", 0) == "invalid_utf8");
  CHECK(verdict("{\"\xC0\x80\":{}}", 0) == "invalid_utf8");
  CHECK(verdict("{\"\xED\xA0\x80\":{}}", 0) == "invalid_utf8");
}

TEST_CASE("text that is not strict JSON is refused", "[safetensors]") {
  const auto valid = one("U8", "[1]", "[0,1]");
  CHECK(verdict("{", 0) == "invalid_json");
  CHECK(verdict("", 0) == "invalid_json");
  CHECK(verdict("[]", 0) == "invalid_json");
  CHECK(verdict("7", 0) == "invalid_json");
  CHECK(verdict(std::string("{}\0\0", 4), 0) == "invalid_json");
  CHECK(verdict("\xEF\xBB\xBF{}", 0) == "invalid_json");
  CHECK(verdict("{/*x*/}", 0) == "invalid_json");
  CHECK(verdict("{\"a\":NaN}", 0) == "invalid_json");
  CHECK(verdict(valid.substr(0, valid.size() - 1) + ",}", 1) == "invalid_json");
  CHECK(verdict("{\"\\ud800\":{}}", 0) == "invalid_json");
  CHECK(verdict(one("U8", "[01]", "[0,1]"), 1) == "invalid_json");
  CHECK(verdict(valid + "x", 1) == "invalid_json");
  CHECK(verdict(std::string(1'000'000, '['), 0) == "invalid_json");
}

TEST_CASE("numbers that are not unsigned 64-bit integers are refused", "[safetensors]") {
  CHECK(verdict(one("U8", "[1]", "[-0,1]"), 1) == "invalid_json");
  CHECK(verdict(one("U8", "[-1]", "[0,1]"), 1) == "invalid_json");
  CHECK(verdict(one("U8", "[1]", "[0,1.0]"), 1) == "invalid_json");
  CHECK(verdict(one("U8", "[1e0]", "[0,1]"), 1) == "invalid_json");
  CHECK(verdict(one("U8", "[18446744073709551616]", "[0,1]"), 1) == "invalid_json");
}

TEST_CASE("duplicate keys are found wherever they stand, also escaped and harmless ones", "[safetensors]") {
  const auto a = entry("a", "U8", "[1]", "[0,1]");
  CHECK(verdict("{" + a + "," + a + "}", 1) == "duplicate_key");
  CHECK(verdict("{" + a + "," + entry("\\u0061", "U8", "[1]", "[1,2]") + "}", 2) == "duplicate_key");
  const auto empty = entry("e", "U8", "[0]", "[0,0]");
  CHECK(verdict("{" + empty + "," + empty + "}", 0) == "duplicate_key");
  CHECK(verdict(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1) == "duplicate_key");
  CHECK(verdict(R"({"__metadata__":{"k":"1","k":"2"}})", 0) == "duplicate_key");
}

TEST_CASE("entries of the wrong form are refused", "[safetensors]") {
  CHECK(verdict(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1) == "bad_entry");
  CHECK(verdict(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1) == "bad_entry");
  CHECK(verdict(R"({"a":{"dtype":"U8","shape":[1]}})", 1) == "bad_entry");
  CHECK(verdict(R"({"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}})", 1) == "bad_entry");
  CHECK(verdict(one("U8", "\"1\"", "[0,1]"), 1) == "bad_entry");
  CHECK(verdict(R"({"a":[1]})", 0) == "bad_entry");
  CHECK(verdict(R"({"a":1})", 0) == "bad_entry");
  CHECK(verdict(R"({"__metadata__":{"k":1}})", 0) == "bad_entry");
  CHECK(verdict(R"({"__metadata__":{"k":{}}})", 0) == "bad_entry");
  CHECK(verdict("{" + entry("", "U8", "[1]", "[0,1]") + "}", 1) == "bad_entry");
  CHECK(verdict("{" + entry("a\\u0000b", "U8", "[1]", "[0,1]") + "}", 1) == "bad_entry");
}

TEST_CASE("an unknown dtype stops the reading whatever the offsets say", "[safetensors]") {
  CHECK(verdict(one("F99", "[1]", "[0,99999999999]"), 0) == "unknown_dtype");
  CHECK(verdict(one("f32", "[1]", "[0,4]"), 4) == "unknown_dtype");
}

TEST_CASE("a known dtype that cannot be held is refused by name", "[safetensors]") {
  CHECK(verdict(one("F4", "[3]", "[0,1]"), 1) == "misaligned");
}

TEST_CASE("offsets that are not two ordered numbers are refused", "[safetensors]") {
  CHECK(verdict(one("U8", "[1]", "[0]"), 1) == "bad_offsets");
  CHECK(verdict(one("U8", "[1]", "[0,1,2]"), 1) == "bad_offsets");
  CHECK(verdict(one("U8", "[1]", "[1,0]"), 1) == "bad_offsets");
  CHECK(verdict(one("U8", "[1]", "[\"0\",\"1\"]"), 1) == "bad_offsets");
  CHECK(verdict(one("U8", "[1]", "7"), 1) == "bad_offsets");
}

TEST_CASE("tensors must fill the data without holes or overlaps", "[safetensors]") {
  CHECK(verdict(one("U8", "[1]", "[1,2]"), 2) == "hole");
  const auto a = entry("a", "U8", "[1]", "[0,1]");
  CHECK(verdict("{" + a + "," + entry("b", "U8", "[1]", "[2,3]") + "}", 3) == "hole");
  CHECK(verdict("{" + a + "," + entry("b", "U8", "[1]", "[0,1]") + "}", 1) == "overlap");
  std::string many = "{";
  for (int i = 0; i < 100'000; ++i) many += (i ? "," : "") + entry("t" + std::to_string(i), "F32", "[2,2]", "[0,16]");
  CHECK(verdict(many + "}", 16) == "overlap");
}

TEST_CASE("sizes that leave 64 bits are refused, also beside a zero dimension", "[safetensors]") {
  CHECK(verdict(one("I32", "[2,18446744073709551614]", "[0,16]"), 16) == "overflow");
  CHECK(verdict(one("I32", "[2,9223372036854775807]", "[0,16]"), 16) == "overflow");
  CHECK(verdict(one("F32", "[4294967296,4294967296]", "[0,18446744073709551608]"), 16) == "overflow");
  CHECK(verdict(one("F32", "[0,4294967296,4294967296]", "[0,0]"), 0) == "overflow");
}

TEST_CASE("a size that differs from its offsets is refused", "[safetensors]") {
  CHECK(verdict(one("I32", "[2,2]", "[0,4]"), 4) == "invalid_info");
  CHECK(verdict(one("F32", "[32,8]", "[0,65536]"), 65536) == "invalid_info");
  CHECK(verdict(one("F32", "[1000,1000]", "[0,4]"), 4) == "invalid_info");
  CHECK(verdict(one("F4", "[1,3]", "[0,2]"), 2) == "misaligned");
}

TEST_CASE("the file must end where the data ends", "[safetensors]") {
  CHECK(verdict(one("F32", "[2]", "[0,8]"), 6) == "incomplete_buffer");
  CHECK(verdict(one("F32", "[2]", "[0,8]"), 9) == "incomplete_buffer");
  CHECK(verdict(one("F32", "[1000,1000]", "[0,4000000]"), 4) == "incomplete_buffer");
  CHECK(verdict("{}", 1) == "incomplete_buffer");
}

TEST_CASE("caps on rank and name length hold", "[safetensors]") {
  std::string shape = "[1";
  for (int i = 0; i < 32; ++i) shape += ",1";
  CHECK(verdict(one("U8", shape + "]", "[0,1]"), 1) == "limit_exceeded");
  CHECK(verdict("{" + entry(std::string(1025, 'n'), "U8", "[1]", "[0,1]") + "}", 1) == "limit_exceeded");
}

TEST_CASE("a million tensors are the limit, however small they are", "[safetensors]") {
  std::string header = "{";
  for (int i = 0; i <= 1'000'000; ++i)
    header += (i ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  CHECK(verdict(header + "}", 0) == "limit_exceeded");
}

TEST_CASE("unusual but valid files are accepted", "[safetensors]") {
  CHECK(verdict("{}", 0) == "accepted");
  CHECK(verdict(R"({"__metadata__":{}})", 0) == "accepted");
  CHECK(verdict(R"({"__metadata__":{"format":"pt"}})", 0) == "accepted");
  CHECK(verdict(one("F32", "[]", "[0,4]"), 4) == "accepted");
  CHECK(verdict(one("F32", "[2,0]", "[0,0]"), 0) == "accepted");
  CHECK(verdict("{" + entry("z", "U8", "[1]", "[0,1]") + "," + entry("a", "U8", "[2]", "[1,3]") + "}", 3) ==
        "accepted");
}

TEST_CASE("lenient choices are reported as warnings", "[safetensors]") {
  CHECK(read(file_of("{}   ", 0)).warnings.empty());
  CHECK(read(file_of("\n{}", 0)).warnings.size() == 1);
  CHECK(read(file_of("{}\n  ", 0)).warnings.size() == 1);
  CHECK(read(file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"note":[1]}})", 1)).warnings.size() == 1);
}

TEST_CASE("what is written is read back equal", "[safetensors]") {
  const test::TemporaryFolder folder;
  const auto tensors = sample_tensors();
  write_safetensors(folder / "x.safetensors", tensors, {{"note", "quoted \" text"}});
  const auto result = read_safetensors(folder / "x.safetensors");
  CHECK(result.metadata.at("note") == "quoted \" text");
  CHECK(result.warnings.empty());
  REQUIRE(result.tensors.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto& read_back = result.tensors.at(name);
    CHECK(read_back.dtype == tensor.dtype);
    CHECK(read_back.shape == tensor.shape);
    CHECK(read_back.bytes == tensor.bytes);
  }
}

TEST_CASE("the writer aligns the data and orders it by falling dtype size, then name", "[safetensors]") {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", sample_tensors());
  const auto content = read_file(folder / "x.safetensors");
  std::uint64_t length = 0;
  std::memcpy(&length, content.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(content.find("\"scalar\"") < content.find("\"layer.bias\""));
  CHECK(content.find("\"layer.bias\"") < content.find("\"layer.weight\""));
  CHECK(content.find("\"layer.weight\"") < content.find("\"half\""));
  CHECK(content.find("\"half\"") < content.find("\"flag\""));
}

TEST_CASE("tensors that the format cannot carry are not written", "[safetensors]") {
  const test::TemporaryFolder folder;
  const auto id_of = [&](const TensorMap& tensors) {
    try {
      write_safetensors(folder / "x.safetensors", tensors);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kUsage);
      return error.id();
    }
    return std::string();
  };
  const auto tensor = HostTensor::from_f32({1}, std::vector<float>{1});
  CHECK(id_of({{"__metadata__", tensor}}) == "safetensors.reserved_name");
  CHECK(id_of({{"a\u202eb", tensor}}) == "safetensors.bad_name");
  CHECK(id_of({{"a\nb", tensor}}) == "safetensors.bad_name");
  CHECK(id_of({{"a", {DType::kF32, {2}, std::vector<std::byte>(4)}}}) == "safetensors.bad_tensor");
  CHECK(id_of({{"a", {DType::kF32, Shape(33, 1), std::vector<std::byte>(4)}}}) == "safetensors.limit_exceeded");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a header above 100 MB is not written", "[safetensors]") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(write_safetensors(folder / "x.safetensors", {}, {{"note", std::string(100'000'001, 'x')}}), Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("mutated files are accepted or refused, never anything else", "[safetensors]") {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", sample_tensors(), {{"k", "v"}});
  const auto original = read_file(folder / "x.safetensors");
  Random random(1);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    auto mutated = original;
    for (std::uint64_t changes = 1 + random.below(3); changes > 0 && !mutated.empty(); --changes) {
      const auto at = random.below(mutated.size());
      switch (random.below(4)) {
        case 0:
          mutated[at] = static_cast<char>(random.next());
          break;
        case 1:
          mutated.resize(at);
          break;
        case 2:
          mutated.insert(at, mutated.substr(random.below(mutated.size()), random.below(40)));
          break;
        default:
          mutated[random.below(8)] = static_cast<char>(random.next());
          break;
      }
    }
    test::write_quickly(folder / "m.safetensors", mutated);
    try {
      for (const auto& [name, tensor] : read_safetensors(folder / "m.safetensors").tensors)
        REQUIRE(tensor.bytes.size() == byte_count(tensor.dtype, tensor.shape));
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::kRefused);
      ++refused;
    }
  }
  CHECK(refused > 1000);
}

}  // namespace weightloom
