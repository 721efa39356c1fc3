#include "weightloom/plugin/scaffold.hpp"

#include <catch2/catch.hpp>

#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;
using namespace weightloom::test;
using Catch::Contains;

TEST_CASE("a new plugin project carries its name and id and no placeholder") {
  const TemporaryFolder folder;
  const auto files = new_plugin(folder / "mixer", "mixer", "org.example.mixer");
  CHECK(std::filesystem::exists(folder / "mixer/mixer.cpp"));
  CHECK_THAT(read_file(folder / "mixer/CMakeLists.txt"), Contains("ID org.example.mixer"));
  for (const auto& file : files)
    for (const auto* placeholder : {"@name@", "@id@"}) CHECK_THAT(read_file(file), !Contains(placeholder));
}

TEST_CASE("names and ids that cannot work are refused before anything is written") {
  const TemporaryFolder folder;
  for (const auto* name : {"", "Mixer", "2mixer", "a-b", "a/b", "../up", "a b"})
    CHECK(refusal([&] { new_plugin(folder / "p", name, "org.example.p"); }).id == "plugin.bad_name");
  for (const auto* id : {"", "mixer", "org..mixer", "org.Example", "org.example.", "org.example/x"})
    CHECK(refusal([&] { new_plugin(folder / "p", "p", id); }).id == "plugin.bad_id");
  CHECK_FALSE(std::filesystem::exists(folder / "p"));
}

TEST_CASE("a folder that holds something is left alone") {
  const TemporaryFolder folder;
  write_quickly(folder / "precious.txt", "kept");
  CHECK(refusal([&] { new_plugin(folder.path(), "mixer", "org.example.mixer"); }).code == ErrorCode::kRefused);
  CHECK(read_file(folder / "precious.txt") == "kept");
}

TEST_CASE("a plugin may begin with the source of a shipped one") {
  const TemporaryFolder folder;
  new_plugin(folder / "mine", "mine", "org.example.mine", "resnet");
  CHECK_THAT(read_file(folder / "mine/mine.cpp"), Contains("bottleneck"));
  CHECK_THAT(read_file(folder / "mine/CMakeLists.txt"), Contains("ID org.example.mine"));
  const auto refused = refusal([&] { new_plugin(folder / "other", "other", "org.example.other", "reznet"); });
  CHECK(refused.code == ErrorCode::kNotFound);
  CHECK(refused.hint == "did you mean 'resnet'?");
  CHECK_FALSE(std::filesystem::exists(folder / "other"));
}
