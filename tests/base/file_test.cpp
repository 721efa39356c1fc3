#include "weightloom/base/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <span>

#include "temporary_folder.hpp"
#include "thrown.hpp"

using namespace weightloom;
using test::TemporaryFolder;
using test::thrown;
namespace fs = std::filesystem;

TEST_CASE("a reader reads from any place, and to the last byte") {
  const TemporaryFolder folder;
  test::write_quickly(folder / "a", "0123456789");
  const FileReader reader(folder / "a");
  std::string text(3, ' ');
  reader.read(7, std::as_writable_bytes(std::span(text)));
  CHECK(text == "789");
  CHECK(reader.size() == 10);
  reader.read(10, {});
}

TEST_CASE("a duplicate descriptor is at the beginning, whatever was read, and outlives the reader") {
  const TemporaryFolder folder;
  test::write_quickly(folder / "a", "0123456789");
  const int descriptor = [&] {
    const FileReader reader(folder / "a");
    std::array<std::byte, 4> bytes{};
    reader.read(5, bytes);
    return reader.duplicate();
  }();
  std::array<char, 3> text{};
  CHECK(::read(descriptor, text.data(), text.size()) == 3);
  CHECK(std::string_view(text.data(), text.size()) == "012");
  CHECK(::close(descriptor) == 0);
}

TEST_CASE("a file that ends before what is read is refused, with the byte at which it ends") {
  const TemporaryFolder folder;
  test::write_quickly(folder / "a", "0123456789");
  const FileReader reader(folder / "a");
  std::array<std::byte, 4> bytes{};
  const auto error = thrown([&] { reader.read(8, bytes); });
  CHECK(error.code() == ErrorCode::kRefused);
  CHECK(error.id() == "file.truncated");
  CHECK(error.offset() == 10);
  CHECK(error.why() == "the file ends at byte 10, 2 bytes early");
  CHECK(thrown([&] { reader.read(1000, bytes); }).id() == "file.truncated");
  fs::resize_file(folder / "a", 5);  // shrunk while it is open
  CHECK(thrown([&] { reader.read(4, bytes); }).offset() == 5);
}

TEST_CASE("what is missing or no regular file is not opened, nor a pipe waited for") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(thrown([&] { FileReader(folder / "none"); }).code() == ErrorCode::kNotFound);
  CHECK(thrown([&] { FileReader(folder.path()); }).id() == "file.kind");
  CHECK(thrown([&] { FileReader(folder / "pipe"); }).id() == "file.kind");
  CHECK(thrown([] { FileReader("/dev/zero"); }).id() == "file.kind");
}

TEST_CASE("a whole file is read up to the limit and refused beyond it") {
  const TemporaryFolder folder;
  test::write_quickly(folder / "a", std::string("12\0 4", 5));
  CHECK(read_file(folder / "a", 5) == std::string("12\0 4", 5));
  const auto error = thrown([&] { read_file(folder / "a", 4); });
  CHECK(error.code() == ErrorCode::kRefused);
  CHECK(error.id() == "file.too_large");
}
