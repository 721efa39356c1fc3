#include "weightloom/formats/tfjs.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "memory_bound.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

template <class T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

std::string bytes_of(const HostTensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
}

std::string weight(const std::string& name, const std::string& shape, const std::string& dtype = "float32",
                   const std::string& more = "") {
  return R"({"name":")" + name + R"(","shape":)" + shape + R"(,"dtype":")" + dtype + "\"" + more + "}";
}

std::string group(const std::string& paths, const std::string& weights) {
  return R"({"paths":[)" + paths + R"(],"weights":[)" + weights + "]}";
}

std::string model(const std::string& groups) {
  return R"({"format":"graph-model","generatedBy":"x","modelTopology":{"node":[]},"weightsManifest":[)" + groups + "]}";
}

class Model {
 public:
  Model& shard(const std::string& name, const std::string& bytes) {
    fs::create_directories((folder_ / name).parent_path());
    test::write_quickly(folder_ / name, bytes);
    return *this;
  }
  fs::path manifest(const std::string& text, const std::string& name = "model.json") const {
    test::write_quickly(folder_ / name, text);
    return folder_ / name;
  }
  TfjsFile read(const std::string& text) const { return read_tfjs(manifest(text)); }
  std::string verdict(const std::string& text) const {
    const auto path = manifest(text);
    const test::MemoryBound bound(path);
    try {
      read_tfjs(path);
      return "accepted";
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      CHECK(error.path() == (folder_ / "model.json").string());
      REQUIRE(error.id().starts_with("tfjs."));
      return error.id().substr(5);
    }
  }
  // Of one tensor of eight bytes, with these further members.
  std::string verdict_of(const std::string& shape, const std::string& dtype = "float32",
                         const std::string& more = "") const {
    return verdict(model(group("\"s\"", weight("w", shape, dtype, more))));
  }
  fs::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  test::TemporaryFolder folder_;
};

std::string quantized(const std::string& dtype, const std::string& scale = "1", const std::string& min = "0") {
  return R"(,"quantization":{"dtype":")" + dtype + R"(","scale":)" + scale + R"(,"min":)" + min + "}";
}

}  // namespace

TEST_CASE("tensors lie back to back in the shards of their group, across their borders", "[tfjs]") {
  Model files;
  files.shard("a", raw({1.0f, 2.0f}).substr(0, 7)).shard("sub/b", raw({1.0f, 2.0f}).substr(7) + "\1").shard("c", "");
  files.shard("d", raw<std::int32_t>({5, 6}));
  const auto file = files.read(
      model(group(R"("a","c","sub/b")", weight("x", "[2]") + "," + weight("flag", "[]", "bool")) + "," +
            group(R"("d")", weight("none", "[3,0]") + "," + weight("n/y", "[2,1]", "int32")) + "," + group("", "")));
  CHECK(bytes_of(file.tensors.at("x")) == raw({1.0f, 2.0f}));
  CHECK(file.tensors.at("flag").dtype == DType::kBool);
  CHECK(file.tensors.at("flag").shape == Shape{});
  CHECK(file.tensors.at("none").shape == Shape{3, 0});
  CHECK(file.tensors.at("n/y").dtype == DType::kI32);
  CHECK(bytes_of(file.tensors.at("n/y")) == raw<std::int32_t>({5, 6}));
  CHECK(file.metadata.at("tfjs.format") == "graph-model");
  CHECK(file.metadata.at("tfjs.generatedBy") == "x");
  CHECK(file.warnings.empty());
}

TEST_CASE("a shard that is written while it is read is refused", "[tfjs]") {
  Model files;
  constexpr std::size_t kFloats = 1 << 20;
  files.shard("s", std::string(4 * kFloats, '\0'));
  const auto text = model(group("\"s\"", weight("w", "[" + std::to_string(kFloats) + "]")));
  std::atomic<bool> read{false};
  std::thread writer([&] {
    while (!read) fs::last_write_time(files / "s", fs::file_time_type::clock::now());
  });
  std::string verdict;
  for (int i = 0; i < 1000 && verdict != "changed"; ++i) verdict = files.verdict(text);
  read = true;
  writer.join();
  CHECK(verdict == "changed");
  CHECK(files.verdict(text) == "accepted");
}

TEST_CASE("types without quantisation are kept byte for byte", "[tfjs]") {
  Model files;
  files.shard("s", "12345678");
  const std::pair<const char*, DType> types[] = {{"uint8", DType::kU8},
                                                 {"bool", DType::kBool},
                                                 {"uint16", DType::kU16},
                                                 {"float16", DType::kF16},
                                                 {"complex64", DType::kC64}};
  for (const auto& [name, dtype] : types) {
    const auto count = std::to_string(8 / dtype_bytes(dtype));
    const auto file = files.read(model(group("\"s\"", weight("w", "[" + count + "]", name))));
    CHECK(file.tensors.at("w").dtype == dtype);
    CHECK(bytes_of(file.tensors.at("w")) == "12345678");
  }
}

TEST_CASE("quantised tensors are decoded as TensorFlow.js does, and a warning says so", "[tfjs]") {
  Model files;
  files.shard("u8", raw<std::uint8_t>({0, 1, 255})).shard("u16", raw<std::uint16_t>({0, 65535}));
  files.shard("i", raw<std::uint8_t>({0, 1, 2, 3})).shard("f16", raw<std::uint16_t>({0x3C00, 0xC000, 1, 0x7BFF}));
  const auto file =
      files.read(model(group(R"("u8")", weight("a", "[3]", "float32", quantized("uint8", "0.1", "-3.7"))) + "," +
                       group(R"("u16")", weight("b", "[2]", "float32", quantized("uint16", "2", "1"))) + "," +
                       group(R"("i")", weight("c", "[4]", "int32", quantized("uint8", "0.5", "-1"))) + "," +
                       group(R"("f16")", weight("d", "[4]", "float32", R"(,"quantization":{"dtype":"float16"})"))));
  const auto in_one_step = [](double q) { return static_cast<float>(q * 0.1 + -3.7); };
  CHECK(bytes_of(file.tensors.at("a")) == raw({in_one_step(0), in_one_step(1), in_one_step(255)}));
  CHECK(bytes_of(file.tensors.at("b")) == raw({1.0f, 131071.0f}));
  CHECK(bytes_of(file.tensors.at("c")) == raw<std::int32_t>({-1, 0, 0, 1}));  // -1, -0.5, 0, 0.5
  CHECK(bytes_of(file.tensors.at("d")) == raw({1.0f, -2.0f, 0x1p-24f, 65504.0f}));
  CHECK(file.warnings.size() == 3);
  const auto kept = parse_json(file.metadata.at("tfjs.quantization"), "it");
  CHECK(kept["a"]["scale"] == 0.1);
  CHECK(kept["d"]["dtype"] == "float16");
}

TEST_CASE("every half is widened to the float of the same value", "[tfjs]") {
  Model files;
  std::string all;
  for (std::uint32_t half = 0; half < 65536; ++half) all += raw({static_cast<std::uint16_t>(half)});
  files.shard("s", all);
  const auto file =
      files.read(model(group("\"s\"", weight("w", "[65536]", "float32", R"(,"quantization":{"dtype":"float16"})"))));
  const auto values = file.tensors.at("w").f32();
  std::size_t wrong = 0;
  for (std::uint32_t half = 0; half < 65536; ++half) {
    const float value = values[half];
    const auto exponent = static_cast<int>(half >> 10 & 31);
    const auto fraction = static_cast<float>(half & 1023) / 1024;
    const float meant = exponent == 0    ? std::ldexp(fraction, -14)
                        : exponent == 31 ? std::numeric_limits<float>::infinity()
                                         : std::ldexp(1 + fraction, exponent - 15);
    const bool right = exponent == 31 && fraction > 0 ? std::isnan(value) : std::abs(value) == meant;
    wrong += !right || std::signbit(value) != (half >> 15 != 0);
  }
  CHECK(wrong == 0);
}

TEST_CASE("a manifest is known by what it says, alone or in a model", "[tfjs]") {
  Model files;
  files.shard("s", raw({1.0f}));
  const auto groups = group("\"s\"", weight("w", "[1]"));
  for (const auto& text :
       {"[" + groups + "]", " [\n {" + groups.substr(1) + "]", model(groups), R"({"weightsManifest":[)" + groups + "]}",
        R"({"format" : "layers-model", "weightsManifest":[)" + groups + "]}"}) {
    const auto path = files.manifest(text, "anything");
    CHECK(detect_format(path).value().name == "tfjs");
    CHECK_FALSE(detect_format(path)->self_contained);
    CHECK(read_weights(path).tensors.contains("w"));
    CHECK(shard_names(path) == std::set<std::string>{"s"});
  }
  const std::string topology(100'000, ' ');
  CHECK(read_weights(files.manifest(R"({"modelTopology":{)" + topology + R"(},"weightsManifest":[)" + groups + "]}"))
            .format == "tfjs");
}

TEST_CASE("shards are files within the folder, each named once", "[tfjs]") {
  Model files;
  files.shard("s", raw({1.0f, 2.0f})).shard("deep/s", "");
  const auto with = [&](const std::string& paths) { return files.verdict(model(group(paths, weight("w", "[2]")))); };
  CHECK(with("\"s\"") == "accepted");
  for (const char* path : {"../s", "deep/../s", "/etc/passwd", "", "a\\\\b", "http://x/s", "a\\u0000b", "a\\nb"})
    CHECK(with("\"" + std::string(path) + "\"") == "bad_path");
  CHECK(with("1") == "bad_manifest");
  CHECK(with(R"("s","s")") == "duplicate_path");
  CHECK(with(R"("s","./s")") == "duplicate_path");
  CHECK(with("\"t\"") == "missing_shard");
  CHECK(with("\"deep\"") == "missing_shard");
  const test::TemporaryFolder elsewhere;
  test::write_quickly(elsewhere / "s", raw({1.0f, 2.0f}));
  fs::create_symlink(elsewhere / "s", files / "link");
  CHECK(with("\"link\"") == "bad_path");
  fs::create_symlink("s", files / "inner");
  CHECK(with("\"inner\"") == "accepted");
}

TEST_CASE("shards hold exactly what their tensors take", "[tfjs]") {
  Model files;
  files.shard("s", "12345678");
  CHECK(files.verdict_of("[2]") == "accepted");
  CHECK(files.verdict_of("[1]") == "bytes_mismatch");
  CHECK(files.verdict_of("[3]") == "bytes_mismatch");
  CHECK(files.verdict_of("[]") == "bytes_mismatch");
  CHECK(files.verdict_of("[0,2]") == "bytes_mismatch");
  CHECK(files.verdict_of("[1099511627776]") == "bytes_mismatch");
  CHECK(files.verdict_of("[4294967296,4294967296]") == "bad_tensor");
  CHECK(files.verdict_of("[4611686018427387904]") == "bad_tensor");
  CHECK(files.verdict_of("[2]", "float32", quantized("uint8")) == "bytes_mismatch");
  std::string beyond_64_bits = weight("w", "[2]");
  for (int i = 0; i < 16; ++i) beyond_64_bits += "," + weight(std::to_string(i), "[288230376151711744]");
  CHECK(files.verdict(model(group("\"s\"", beyond_64_bits))) == "bytes_mismatch");
}

TEST_CASE("what a manifest may not say is refused with a reason of its own", "[tfjs]") {
  Model files;
  files.shard("s", "12345678");
  CHECK(files.verdict("") == "bad_manifest");
  CHECK(files.verdict("{}") == "bad_manifest");
  CHECK(files.verdict("[1]") == "bad_manifest");
  CHECK(files.verdict("\"weightsManifest\"") == "bad_manifest");
  CHECK(files.verdict(R"({"weightsManifest":{}})") == "bad_manifest");
  CHECK(files.verdict(R"([{"paths":[]}])") == "bad_manifest");
  CHECK(files.verdict(R"([{"weights":[]}])") == "bad_manifest");
  CHECK(files.verdict(R"([{"paths":[],"weights":[1]}])") == "bad_manifest");
  CHECK(files.verdict(R"([{"paths":[],"weights":[{"name":"w"}]}])") == "bad_manifest");
  CHECK(files.verdict(std::string(1000, '[')) == "bad_manifest");
  CHECK(files.verdict(std::string((16u << 20) + 1, ' ')) == "bad_manifest");
  CHECK(files.verdict_of("[2]", "string") == "unknown_dtype");
  CHECK(files.verdict_of("[2]", "int64") == "unknown_dtype");
  for (const char* shape : {"[-1]", "[1.5]", "[\\\"2\\\"]", "2", "[18446744073709551615]", "[1e3]", "null"})
    CHECK((files.verdict_of(shape) == "bad_tensor" || files.verdict_of(shape) == "bad_manifest"));
  std::string ones = "1";
  for (int i = 0; i < 32; ++i) ones += ",1";
  CHECK(files.verdict_of("[" + ones + "]") == "limit_exceeded");
  for (const char* name : {"", "a\\nb", "\\u0000", "\\u202e"})
    CHECK(files.verdict(model(group("\"s\"", weight(name, "[2]")))) == "bad_name");
  CHECK(files.verdict(model(group("\"s\"", weight(std::string(1025, 'x'), "[2]")))) == "bad_name");
  const auto twice = weight("w", "[1]") + "," + weight("w", "[1]");
  CHECK(files.verdict(model(group("\"s\"", twice))) == "duplicate_name");
}

TEST_CASE("quantisation that means nothing is refused", "[tfjs]") {
  Model files;
  files.shard("s", "12345678");
  const auto u8 = [&](const std::string& scale, const std::string& min, const std::string& dtype = "float32") {
    return files.verdict_of("[8]", dtype, quantized("uint8", scale, min));
  };
  CHECK(u8("0.5", "-1") == "accepted");
  CHECK(u8("\"1\"", "0") == "bad_quantization");
  CHECK(u8("1", "null") == "bad_quantization");
  CHECK(u8("1e999", "0") == "bad_manifest");
  CHECK(u8("1", "0", "bool") == "bad_quantization");
  CHECK(u8("1e9", "0", "int32") == "bad_quantization");
  CHECK(files.verdict_of("[8]", "float32", R"(,"quantization":{"dtype":"uint8"})") == "bad_quantization");
  CHECK(files.verdict_of("[8]", "float32", R"(,"quantization":{"dtype":"int8","scale":1,"min":0})") ==
        "bad_quantization");
  CHECK(files.verdict_of("[8]", "float32", R"(,"quantization":[])") == "bad_quantization");
  CHECK(files.verdict_of("[4]", "int32", R"(,"quantization":{"dtype":"float16"})") == "bad_quantization");
}

TEST_CASE("mutated manifests and shards are accepted or refused, never anything else", "[tfjs]") {
  Model files;
  const auto original = model(
      group(R"("a","b")", weight("x", "[2,2]") + "," + weight("y", "[4]", "float32", quantized("uint8", "0.1", "-1"))));
  files.shard("a", std::string(15, 'a')).shard("b", std::string(5, 'b'));
  REQUIRE(files.verdict(original) == "accepted");
  Random random(8);
  std::size_t refused = 0;
  for (int round = 0; round < 2000; ++round) {
    auto text = original;
    for (auto changes = random.below(3) + 1; changes-- > 0;) {
      const auto at = random.below(text.size());
      if (random.below(2) == 0)
        text[at] = static_cast<char>(random.next());
      else
        text = text.substr(0, at) + text.substr(random.below(text.size()));
      if (text.empty()) text = "x";
    }
    refused += files.verdict(text) != "accepted";
  }
  CHECK(refused > 1000);
}

}  // namespace weightloom
