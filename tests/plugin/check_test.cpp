#include "weightloom/plugin/check.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "plugin/test_plugins.hpp"

using namespace weightloom;
using namespace weightloom::test;

namespace {

std::set<std::string> unpassed(const std::filesystem::path& file) {
  std::set<std::string> result;
  for (const auto& check : check_plugin(file))
    if (check.outcome != CheckResult::Outcome::kPassed) result.insert(check.name);
  return result;
}

CheckResult result_of(const std::string& fixture, const std::string& name) {
  for (const auto& check : check_plugin(plugin_file(fixture)))
    if (check.name == name) return check;
  return {};
}

}  // namespace

TEST_CASE("the shipped plugins pass every check") {
  const auto folder = std::filesystem::path(std::getenv("WEIGHTLOOM_BIN")) / "../plugins";
  for (const auto* plugin : {"mlp", "cnn", "resnet", "vit"}) {
    INFO(plugin);
    CHECK(unpassed(folder / (std::string(plugin) + ".wlplugin.so")) == std::set<std::string>{});
  }
}

TEST_CASE("a plugin that takes any configuration fails exactly the checks of refusal") {
  CHECK(unpassed(plugin_file("good")) == std::set<std::string>{"rejects-unknown-key", "rejects-malformed"});
}

TEST_CASE("a crash and an exit are results") {
  CHECK(result_of("aborts", "describe-deterministic").outcome == CheckResult::Outcome::kCrashed);
  CHECK(result_of("aborts", "schema-parses").outcome == CheckResult::Outcome::kPassed);
  CHECK(result_of("calls_exit", "describe-deterministic").outcome == CheckResult::Outcome::kCrashed);
}

TEST_CASE("checks find what is wrong") {
  CHECK(result_of("missing_entry", "loads").detail == "it does not export weightloom_plugin_v1");
  CHECK(result_of("no_record", "identity-present").outcome == CheckResult::Outcome::kFailed);
  CHECK(result_of("nondeterministic", "describe-deterministic").detail == "two calls gave different descriptions");
  CHECK(result_of("extra_exports", "exports-only-entry").detail ==
        "it also exports 'someone_elses_business'; link with the SDK's version script");
  CHECK(result_of("lies_about_id", "description-parses").detail == "it describes architecture 'org.example.other'");
}
