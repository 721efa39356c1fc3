#include "weightloom/plugin/identity.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;
using namespace weightloom::test;
using Catch::Contains;

namespace {

Refusal identity_refusal(const std::filesystem::path& path) {
  return refusal([&] { read_plugin_identity(path); });
}

}  // namespace

TEST_CASE("refuses a plugin of a newer ABI major before running its constructors") {
  const TemporaryFolder folder;
  const auto mark = folder / "constructor_ran";
  ::setenv("WEIGHTLOOM_TEST_MARK", mark.c_str(), 1);
  const auto refused = refusal([&] { registry_with("newer_major").schema("newer_major"); });
  ::unsetenv("WEIGHTLOOM_TEST_MARK");
  CHECK(refused.code == ErrorCode::kPlugin);
  CHECK_THAT(refused.what, Contains("newer_major.wlplugin.so"));
  CHECK(refused.why == "it needs plugin ABI 2.0, this host offers 1.0");
  CHECK(refused.hint == "update weightloom or rebuild the plugin against SDK 1.0");
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a malformed identity is refused with all its faults, and bytes of the file are escaped") {
  const auto refused = identity_refusal(plugin_file("bad_id"));
  CHECK_THAT(refused.why, Contains("id 'bad\\x1b[31m' is not of the form") && Contains("version is empty") &&
                              Contains("id is not plain UTF-8 text"));
}

TEST_CASE("a file that does not exist is not found") {
  CHECK(identity_refusal("/nowhere/at/all.wlplugin.so").code == ErrorCode::kNotFound);
}

TEST_CASE("a plugin file cut off anywhere is refused or read, never a crash") {
  const TemporaryFolder folder;
  const auto whole = read_file(plugin_file("good"));
  const auto cut = folder / "cut.wlplugin.so";
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 5) {
    write_quickly(cut, std::string_view(whole).substr(0, size));
    CHECK(identity_refusal(cut).code == ErrorCode::kPlugin);
  }
}

TEST_CASE("a plugin file with flipped bytes is refused or read, never a crash") {
  const TemporaryFolder folder;
  const auto whole = read_file(plugin_file("good"));
  const auto damaged = folder / "damaged.wlplugin.so";
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    auto bytes = whole;
    // The ELF header and the section table at the end are where offsets live.
    for (int i = 0; i < 4; ++i) bytes[random() % 64] = static_cast<char>(random());
    for (int i = 0; i < 4; ++i) bytes[bytes.size() - 1 - random() % 2048] = static_cast<char>(random());
    if (round % 2) std::copy_n(whole.begin(), 64, bytes.begin());
    write_quickly(damaged, bytes);
    const auto refused = identity_refusal(damaged);
    CHECK((refused.code == ErrorCode::kPlugin || refused.id.empty()));
  }
}
