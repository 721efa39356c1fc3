#include "weightloom/plugin/registry.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"

using namespace weightloom;
using namespace weightloom::test;
using Catch::Contains;

namespace {

// What loading the fixture (by asking for its schema) is refused with.
Refusal load_refusal(const std::string& fixture) {
  return refusal([&] { registry_with(fixture).schema(fixture); });
}

}  // namespace

TEST_CASE("a plugin that keeps the contract is found, loaded and asked") {
  const auto registry = registry_with("good");
  const auto& identity = registry.find("good");
  CHECK(identity.id == "org.weightloom.test.good");
  CHECK(identity.version == "1.2.3");
  CHECK(identity.license == "MIT");
  CHECK(registry.schema("good")["schema"] == "weightloom.config/1");
  CHECK(registry.canonicalise("org.weightloom.test.good", Json::object()) == Json::object());
  CHECK_THAT(registry.describe_text("good", Json::object()), Contains("head.weight"));
}

TEST_CASE("the entry table is checked before any function is called") {
  CHECK_THAT(load_refusal("wrong_magic").why, Contains("wrong magic"));
  CHECK_THAT(load_refusal("short_struct").why, Contains("16 bytes, ABI 1.0 needs 88"));
  CHECK_THAT(load_refusal("reserved_set").why, Contains("reserved field is not zero"));
  CHECK_THAT(load_refusal("null_entry").why, Contains("returned null"));
  for (const auto* fixture : {"wrong_magic", "short_struct", "reserved_set", "null_entry"}) {
    CHECK(load_refusal(fixture).code == ErrorCode::kPlugin);
    CHECK(load_refusal(fixture).hint == "rebuild it with weightloom_add_plugin()");
  }
}

TEST_CASE("all mismatches of a table come in one message") {
  const auto why = load_refusal("null_function").why;
  CHECK_THAT(why, Contains("license is null") && Contains("'schema' is null") && Contains("'describe' is null"));
}

TEST_CASE("a table that disagrees with the identity record is refused") {
  CHECK_THAT(load_refusal("identity_disagrees").why,
             Contains("id 'org.weightloom.test.somebody_else' differs from 'org.weightloom.test.identity_disagrees'"));
}

TEST_CASE("a missing entry and an undefined symbol keep the loader's words") {
  CHECK_THAT(load_refusal("missing_entry").why, Contains("does not export weightloom_plugin_v1"));
  CHECK_THAT(load_refusal("undefined_symbol").why, Contains("nobody_defines_this"));
  CHECK(load_refusal("undefined_symbol").id == "plugin.load");
}

TEST_CASE("an exception that leaves a plugin is a breach of contract") {
  const auto registry = registry_with("throws_std");
  CHECK_THAT(refusal([&] { registry.schema("throws_std"); }).why, Contains("threw an exception"));
  CHECK_THAT(refusal([&] { registry.describe_text("throws_std", {}); }).why, Contains("threw an exception"));
}

TEST_CASE("text without end, without content and without a close is a breach of contract") {
  const auto huge = registry_with("huge_description");
  CHECK_THAT(refusal([&] { huge.describe_text("huge_description", {}); }).why, Contains("more than 67108864 bytes"));
  const auto silent = registry_with("writes_nothing");
  CHECK_THAT(refusal([&] { silent.schema("writes_nothing"); }).why, Contains("wrote nothing"));
  CHECK_THAT(refusal([&] { silent.describe_text("writes_nothing", {}); }).why, Contains("gave no reason"));
  const auto truncated = registry_with("truncated_json");
  CHECK_THAT(refusal([&] { truncated.schema("truncated_json"); }).why, Contains("malformed JSON"));
  CHECK_THAT(refusal([&] { truncated.canonicalise("truncated_json", {}); }).why, Contains("malformed JSON"));
}

TEST_CASE("a description is checked before anyone sees it") {
  CHECK(registry_with("good").describe("good", Json::object()).parameter_count() == 8);
  CHECK(refusal([] { registry_with("truncated_json").describe("truncated_json", {}); }).code == ErrorCode::kPlugin);
  CHECK_THAT(refusal([] { registry_with("lies_about_id").describe("lies_about_id", {}); }).why,
             Contains("described architecture 'org.example.other'"));
}

TEST_CASE("a refused configuration is the user's error, in the plugin's words") {
  const auto registry = registry_with("writes_nothing");
  const auto refused = refusal([&] { registry.canonicalise("writes_nothing", {{"depth", 3}}); });
  CHECK(refused.code == ErrorCode::kUsage);
  CHECK(refused.why == "config key 'depth': 3 is too deep; use 2");
}

TEST_CASE("a scan keeps the good files and says what is wrong with the others") {
  const TemporaryFolder folder;
  for (const auto* fixture : {"good", "newer_minor", "no_record"})
    std::filesystem::copy(plugin_file(fixture), folder.path());
  write_quickly(folder / "text.wlplugin.so", "not an object");
  write_quickly(folder / "empty.wlplugin.so", "");
  write_quickly(folder / "unrelated.so", "never looked at");
  std::filesystem::create_directory(folder / "folder.wlplugin.so");

  const PluginRegistry registry({folder.path(), folder / "missing"});
  REQUIRE(registry.plugins().size() == 1);
  CHECK(registry.plugins()[0].name == "good");
  REQUIRE(registry.rejected().size() == 4);
  CHECK(registry.rejected()[0].path.filename() == "empty.wlplugin.so");
  CHECK_THAT(registry.rejected()[1].why, Contains("needs plugin ABI 1.3, this host offers 1.0; update weightloom"));
  CHECK_THAT(registry.rejected()[2].why, Contains("no identity record"));
  CHECK_THAT(registry.rejected()[3].why, Contains("not a shared object"));
}

TEST_CASE("of two files with one id the later is rejected, naming the earlier") {
  const TemporaryFolder folder;
  std::filesystem::copy(plugin_file("good"), folder / "copy.wlplugin.so");
  std::filesystem::copy(plugin_file("good"), folder / "good.wlplugin.so");
  const PluginRegistry registry({folder.path()});
  CHECK(registry.plugins().size() == 1);
  REQUIRE(registry.rejected().size() == 1);
  CHECK_THAT(registry.rejected()[0].why, Contains("'org.weightloom.test.good' is already taken by") &&
                                             Contains("copy.wlplugin.so; remove one of the two files"));
}

TEST_CASE("a file seen twice is one plugin") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink(plugin_file("good"), folder / "link.wlplugin.so");
  std::filesystem::copy_file(plugin_file("null_entry"), folder / "other.wlplugin.so");
  const PluginRegistry registry({folder.path(), folder.path()});
  CHECK(registry.plugins().size() == 2);
  CHECK(registry.rejected().empty());
}

TEST_CASE("an unknown plugin is an error that names the nearest") {
  const auto refused = refusal([&] { registry_with("good").find("goood"); });
  CHECK(refused.code == ErrorCode::kNotFound);
  CHECK_THAT(refused.why, Contains("'good'"));
}

TEST_CASE("an added directory must exist") {
  CHECK(refusal([] { PluginRegistry::default_directories({"/nowhere/at/all"}); }).code == ErrorCode::kNotFound);
}

TEST_CASE("the search path takes absolute folders from the environment, never the current one") {
  ::setenv("WEIGHTLOOM_PLUGIN_PATH", "/somewhere:.:relative::/else", 1);
  const auto directories = PluginRegistry::default_directories();
  ::unsetenv("WEIGHTLOOM_PLUGIN_PATH");
  REQUIRE(directories.size() == 4);
  CHECK(directories[0] == "/somewhere");
  CHECK(directories[1] == "/else");
  CHECK(directories[2].filename() == "plugins");
}

TEST_CASE("a plugin may be asked from several threads while it is being loaded") {
  const auto registry = registry_with("good");
  std::vector<std::string> answers(8);
  std::vector<std::thread> threads;
  for (auto& answer : answers) threads.emplace_back([&] { answer = registry.describe_text("good", Json::object()); });
  for (auto& thread : threads) thread.join();
  for (const auto& answer : answers) CHECK(answer == answers[0]);
}
