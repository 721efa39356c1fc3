#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <iterator>

#include "temporary_folder.hpp"
#include "thrown.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;
using test::TemporaryFolder;
using test::thrown;
namespace fs = std::filesystem;

namespace {

auto entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("a written file is there whole after commit, and replaces the old one") {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  AtomicFile file(folder / "a");
  file.write("ne");
  file.write("w");
  CHECK(read_file(folder / "a") == "old");
  file.commit();
  CHECK(read_file(folder / "a") == "new");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a written file is as open to others as the user's mask or the file before it says") {
  const TemporaryFolder folder;
  const auto mode = [&] { return fs::status(folder / "a").permissions(); };
  const auto mask = ::umask(077);
  write_file(folder / "a", "x");
  CHECK(mode() == static_cast<fs::perms>(0600));
  ::umask(022);
  write_file(folder / "a", "y");
  CHECK(mode() == static_cast<fs::perms>(0600));
  fs::remove(folder / "a");
  write_file(folder / "a", "z");
  CHECK(mode() == static_cast<fs::perms>(0644));
  ::umask(mask);
}

TEST_CASE("without commit nothing remains and the old file stays") {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  { AtomicFile(folder / "a").write("new"); }
  { AtomicFile(folder / "b").write("new"); }
  CHECK(read_file(folder / "a") == "old");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a place that cannot be written is told before the work, and probing leaves nothing") {
  const TemporaryFolder folder;
  expect_writable(folder / "a");
  CHECK(entries(folder.path()) == 0);
  const auto error = thrown([&] { expect_writable(folder / "none" / "a"); });
  CHECK(error.id() == "file.write");
  CHECK(error.path() == (folder / "none" / "a").string());
  CHECK(error.hint() == "make the folder first");
  fs::create_directory(folder / "taken");
  CHECK(thrown([&] { write_file(folder / "taken", "x"); }).id() == "file.kind");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a file of the program's own takes the place of a link") {
  const TemporaryFolder folder;
  write_file(folder / "foreign", "old");
  fs::create_symlink("foreign", folder / "link");
  fs::create_symlink("nowhere", folder / "dangling");
  for (const char* name : {"link", "dangling"}) {
    AtomicFile file(folder / name, folder.path());
    file.write("new");
    file.commit();
    CHECK_FALSE(fs::is_symlink(folder / name));
    CHECK(read_file(folder / name) == "new");
  }
  CHECK(read_file(folder / "foreign") == "old");
  CHECK(entries(folder.path()) == 3);
}

TEST_CASE("a device or a pipe stays what it is, and of a link what it leads to is written") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(thrown([&] { write_file(folder / "pipe", "x"); }).id() == "file.kind");
  CHECK(thrown([&] { write_file("/dev/null", "x"); }).id() == "file.kind");
  CHECK(fs::is_fifo(folder / "pipe"));
  fs::create_directory(folder / "far");
  fs::create_symlink("far/file", folder / "link");
  for (const char* text : {"new", "again"}) {
    write_file(folder / "link", text);
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(read_file(folder / "far" / "file") == text);
  }
}

TEST_CASE("a file that is written or replaced while it is open is not unchanged") {
  const TemporaryFolder folder;
  test::write_quickly(folder / "a", "one");
  const FileReader reader(folder / "a");
  CHECK(reader.unchanged());
  write_file(folder / "a", "one");
  CHECK_FALSE(reader.unchanged());
  const FileReader second(folder / "a");
  test::write_quickly(folder / "a", "longer");
  CHECK_FALSE(second.unchanged());
  fs::remove(folder / "a");
  CHECK_FALSE(second.unchanged());
}

TEST_CASE("a full disk is a kind of its own") {
  CHECK(write_error("x.y", "cannot write", ENOSPC, "a").code() == ErrorCode::kOverQuota);
  CHECK(write_error("x.y", "cannot write", EDQUOT, "a").code() == ErrorCode::kOverQuota);
  CHECK(write_error("x.y", "cannot write", EACCES, "a").code() == ErrorCode::kFailure);
}

TEST_CASE("new folders go away again when they stay empty, and only they") {
  const TemporaryFolder folder;
  std::error_code error;
  fs::create_directory(folder / "old");
  { const NewFolder made(folder / "old" / "x" / "y", error); }
  CHECK(!error);
  CHECK(fs::is_empty(folder / "old"));
  {
    const NewFolder made(folder / "old" / "x" / "y", error);
    test::write_quickly(folder / "old" / "x" / "kept", "");
  }
  CHECK(fs::exists(folder / "old" / "x" / "kept"));
  CHECK_FALSE(fs::exists(folder / "old" / "x" / "y"));
  { const NewFolder made(folder / "old", error); }
  CHECK(fs::exists(folder / "old"));
  { const NewFolder made(folder / "old" / "x" / "kept" / "z", error); }
  CHECK(error);
}
