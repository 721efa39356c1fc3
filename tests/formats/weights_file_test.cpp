#include "weightloom/formats/weights_file.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdint>

#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

const HostTensor& two_numbers() {
  static const auto tensor = HostTensor::from_f32({2}, std::vector<float>{1, 2});
  return tensor;
}

class Files {
 public:
  fs::path safetensors(const std::string& name) const {
    write_safetensors(folder_ / name, {{"w", two_numbers()}}, {{"key", "value"}});
    return folder_ / name;
  }
  fs::path npy(const std::string& name) const {
    write_npy(folder_ / name, two_numbers());
    return folder_ / name;
  }
  fs::path text(const std::string& name, std::string_view content) const {
    test::write_quickly(folder_ / name, content);
    return folder_ / name;
  }
  fs::path path(const std::string& name) const { return folder_ / name; }

 private:
  test::TemporaryFolder folder_;
};

// A safetensors file of one number whose header has so many bytes.
std::string with_header_of(std::uint64_t bytes, std::string header) {
  header.resize(bytes, ' ');
  return std::string(reinterpret_cast<const char*>(&bytes), sizeof bytes) + header + "\x01\x02\x03\x04";
}

std::string error_of(const fs::path& path) {
  try {
    read_weights(path);
  } catch (const Error& error) {
    CHECK(error.path() == path.string());
    return error.id();
  }
  return "none";
}

std::string format_of(const fs::path& path) {
  const auto format = detect_format(path);
  return format ? std::string(format->name) + (format->self_contained ? "" : " index") : "none";
}

}  // namespace

TEST_CASE("the reader is chosen by what a file begins with, whatever it is called", "[weights_file]") {
  const Files files;
  for (const char* name : {"net.safetensors", "net.bin", "net", "net.npy"}) {
    const auto file = read_weights(files.safetensors(name));
    CHECK(file.format == "safetensors");
    CHECK(file.tensors.at("w").f32()[1] == 2);
    CHECK(file.metadata.at("key") == "value");
  }
  const auto index = read_weights(files.text("index", R"( {"metadata":{},"weight_map":{"w":"net.bin"}})"));
  CHECK(index.format == "safetensors");
  CHECK(index.tensors.contains("w"));
}

TEST_CASE("the tensor of an array is named after the file", "[weights_file]") {
  const Files files;
  const auto file = read_weights(files.npy("head.weight.npy"));
  CHECK(file.format == "npy");
  CHECK(file.tensors.at("head.weight").f32()[1] == 2);
}

TEST_CASE("a format states whether a file holds its tensors itself", "[weights_file]") {
  const Files files;
  CHECK(format_of(files.safetensors("a")) == "safetensors");
  CHECK(format_of(files.npy("b")) == "npy");
  CHECK(format_of(files.text("c", R"({"weight_map":{}})")) == "safetensors index");
}

TEST_CASE("what begins like no weights file has no format", "[weights_file]") {
  const Files files;
  const std::string length("\x10\0\0\0\0\0\0\0", 8), too_long("\xff\xff\xff\xff\xff\xff\xff\xff{", 9);
  for (const auto& content :
       {std::string(), std::string("1234567"), length, length + "x{}", too_long, std::string(R"({"weights":{}})"),
        std::string(R"(["weights"])"), std::string("\x93NUMP"), std::string(5000, ' ')}) {
    CHECK(format_of(files.text("file", content)) == "none");
    CHECK(error_of(files.path("file")) == "weights.unknown_format");
  }
}

TEST_CASE("a damaged file is read as its name says, so that the reader tells what is wrong", "[weights_file]") {
  const Files files;
  CHECK(error_of(files.text("a.safetensors", "")) == "safetensors.header_too_small");
  CHECK(error_of(files.text("b.safetensors", "1234567")) == "safetensors.header_too_small");
  CHECK(error_of(files.text("c.safetensors", "some text that is no header")) == "safetensors.header_too_large");
  CHECK(error_of(files.text("d.safetensors.index.json", "[]")) == "safetensors.bad_index");
  CHECK(error_of(files.text("e.npy", "some text that is no array")) == "npy.bad_magic");
}

TEST_CASE("an index may not name itself as a shard", "[weights_file]") {
  const Files files;
  const auto index = files.text("m.safetensors.index.json", R"({"weight_map":{"w":"m.safetensors.index.json"}})");
  CHECK(error_of(index) == "safetensors.header_too_large");
}

TEST_CASE("what is no regular file is refused at once", "[weights_file]") {
  const Files files;
  REQUIRE(::mkfifo(files.path("fifo.safetensors").c_str(), 0600) == 0);
  fs::create_directory(files.path("folder.safetensors"));
  CHECK(error_of(files.path("fifo.safetensors")) == "file.kind");
  CHECK(error_of(files.path("folder.safetensors")) == "file.kind");
  CHECK(error_of(files.path("none.safetensors")) == "file.open");
}

TEST_CASE("a file in a format that is not read is called by its name, whatever it is called", "[weights_file]") {
  const Files files;
  const std::pair<std::string, std::string> cases[] = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "weights.lfs_pointer"},
      {std::string("PK\x03\x04", 4) + "archive/data.pkl", "weights.zip"},
      {std::string("\x80\x02", 2) + "}q.", "weights.pickle"},
      {"GGUF\x03", "weights.gguf"},
      {"\x89HDF\r\n\x1a\n", "weights.hdf5"},
      {"<!DOCTYPE html><html>404</html>", "weights.html"},
      {std::string("\x1f\x8b\x08", 3), "weights.compressed"},
      {std::string("\0\x05\x16\x07", 4), "weights.appledouble"}};
  for (const auto& [content, id] : cases)
    for (const char* name : {"net.safetensors", "net.bin", "net.npy"}) {
      CHECK(error_of(files.text(name, content)) == id);
      CHECK(foreign_format(files.path(name)).value().id == id);
    }
  CHECK_FALSE(foreign_format(files.safetensors("net")));
}

TEST_CASE("no length of a header makes another format of a safetensors file", "[weights_file]") {
  const Files files;
  const std::string header = R"({"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})";
  // Their bytes are those of a pickle of each protocol, of gzip, of JSON and of bzip2.
  for (const std::uint64_t bytes : {0x0280, 0x0380, 0x0480, 0x0580, 0x8b1f, 0x7b, 0x685a42}) {
    CAPTURE(bytes);
    const auto file = files.text("net", with_header_of(bytes, header));
    CHECK_FALSE(foreign_format(file));
    CHECK(read_weights(file).format == "safetensors");
  }
  const std::string notes(257 - header.size() - 4, 'x');
  const auto like_tar =
      files.text("tar", with_header_of(512, R"({"__metadata__":{")" + notes + R"(ustar":""},)" + header.substr(1)));
  CHECK(begins_as_weights(like_tar));
  CHECK_FALSE(foreign_format(like_tar));
}

TEST_CASE("only the extension of a known format is no part of a name", "[weights_file]") {
  CHECK(without_extension("sub/net.safetensors") == "sub/net");
  CHECK(without_extension("m.safetensors.index.json") == "m");
  CHECK(without_extension("head.weight.npy") == "head.weight");
  CHECK(without_extension("net.v1.bin") == "net.v1.bin");
  CHECK(without_extension("a/NET.SafeTensors") == "a/NET");
  CHECK(without_extension("m.safetensors.fp16.index.json") == "m.fp16");
  CHECK(without_extension("m.safetensors.index.fp16.json") == "m.fp16");
  CHECK(without_extension("a/blazeface.json") == "a/blazeface");
  CHECK(without_extension("face-weights_manifest.json") == "face");
  CHECK(without_extension("net.npz") == "net");
  CHECK(without_extension(".safetensors") == ".safetensors");
}

}  // namespace weightloom
