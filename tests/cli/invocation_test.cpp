#include "cli/invocation.hpp"

#include <catch2/catch.hpp>

#include "cli/command_table.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;
using namespace weightloom::cli;

namespace {

std::string error_id(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

}  // namespace

TEST_CASE("global options may stand before the command, with their values") {
  const auto found = find_command({"--zoo", "completion", "-q", "completion", "bash"});
  REQUIRE(found.entry != nullptr);
  CHECK(found.entry->name == "completion");
  CHECK(found.arguments == std::vector<std::string>{"--zoo", "completion", "-q", "bash"});
}

TEST_CASE("words after a double dash are never commands or options") {
  const auto found = find_command({"completion", "--", "--help", "help"});
  CHECK_FALSE(found.help);
  CHECK(found.arguments == std::vector<std::string>{"--", "--help", "help"});
}

TEST_CASE("a negative number is an argument, not an option") {
  CLI::App app;
  double number = 0;
  app.add_option("number", number);
  parse_options(app, {"-2.5"}, "test");
  CHECK(number == -2.5);
}

TEST_CASE("a misspelt option is reported rather than the one that it leaves missing") {
  CLI::App app;
  std::string out;
  app.add_option("--out", out)->required();
  CHECK(error_id([&] { parse_options(app, {"--otu=x"}, "test"); }) == "option.unknown");
  CHECK(error_id([&] { parse_options(app, {}, "test"); }) == "option.value");
}

TEST_CASE("settings merge, take one value each, and are not given two") {
  CLI::App app;
  Json settings;
  std::vector<std::string> names;
  add_settings_option(app, "--set", settings, "");
  app.add_option("names", names);
  parse_options(app,
                {"--set", "depth=20", "--set", "head.bias=false", "name", "--set", "head.scale=2", "--set", "depth=20"},
                "test");
  CHECK(settings == Json{{"depth", 20}, {"head", {{"bias", false}, {"scale", 2}}}});
  CHECK(names == std::vector<std::string>{"name"});
  for (const char* other : {"depth=8", "depth.a=1", "head=1"})
    CHECK(error_id([&] { parse_options(app, {"--set", other}, "test"); }) == "settings.conflict");
}
