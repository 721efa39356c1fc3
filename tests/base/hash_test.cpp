#include "weightloom/base/hash.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "temporary_folder.hpp"
#include "thrown.hpp"

using namespace weightloom;

// NIST's examples for SHA-256.
constexpr auto kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr auto kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto kMillion = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST_CASE("SHA-256 gives the published values") {
  CHECK(to_hex(sha256("")) == kEmpty);
  CHECK(to_hex(sha256("abc")) == kAbc);
  CHECK(to_hex(sha256(std::string(1'000'000, 'a'))) == kMillion);
}

TEST_CASE("the pieces in which a hash is fed do not matter") {
  CHECK(to_hex(Sha256().update("a").update("").update("bc").finish()) == kAbc);
  Sha256 hash;
  for (int i = 0; i < 1000; ++i) hash.update(std::string(1000, 'a'));
  CHECK(to_hex(hash.finish()) == kMillion);
}

TEST_CASE("a file hashes as its bytes, also beyond one buffer, and a missing one is refused") {
  const test::TemporaryFolder folder;
  const std::string bytes((1 << 20) + 1, '\0');
  test::write_quickly(folder / "large", bytes);
  test::write_quickly(folder / "empty", "");
  CHECK(sha256_file(folder / "large") == sha256(bytes));
  CHECK(to_hex(sha256_file(folder / "empty")) == kEmpty);
  const auto error = test::thrown([&] { sha256_file(folder / "none"); });
  CHECK(error.code() == ErrorCode::kNotFound);
  CHECK(error.path() == (folder / "none").string());
}

TEST_CASE("what is no regular file has no hash, nor is a pipe waited for") {
  const test::TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(test::thrown([&] { sha256_file(folder.path()); }).id() == "file.kind");
  CHECK(test::thrown([&] { sha256_file(folder / "pipe"); }).id() == "file.kind");
}

TEST_CASE("hexadecimal digits and bytes are each other's inverse") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  CHECK(from_hex(to_hex(bytes)) == bytes);
  CHECK(to_hex(std::string_view("\x00\x0f\xff", 3)) == "000fff");
  CHECK(from_hex("0fa") == from_hex("0f"));
}

TEST_CASE("only lower-case digits are hexadecimal") {
  CHECK(is_hex("0123456789abcdef"));
  CHECK(is_hex(""));
  CHECK_FALSE(is_hex("AB"));
  CHECK_FALSE(is_hex("0x1f"));
  CHECK_FALSE(is_hex("12 "));
}

TEST_CASE("a short hash is the beginning of the long one") {
  CHECK(short_hash("abc") == std::string(kAbc).substr(0, 16));
}

TEST_CASE("FNV-1a gives the published values") {
  CHECK(fnv1a("") == 0xcbf29ce484222325);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8c);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8);
}
