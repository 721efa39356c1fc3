#include "keywords.hpp"

#include <catch2/catch.hpp>

#include "plugin/test_plugins.hpp"

using namespace weightloom;
using namespace weightloom::test;

TEST_CASE("keywords are a list of short texts, or none") {
  CHECK(keywords_of(Json::object()).empty());
  CHECK(keywords_of({{"keywords", {"patch mixer", "mixer"}}}) == std::vector<std::string>{"patch mixer", "mixer"});
  for (const Json& bad : {Json("mixer"), Json({"a", 1}), Json({""}), Json({std::string(65, 'a')}),
                          Json(std::vector<std::string>(65, "a"))}) {
    INFO(bad.dump());
    CHECK(refusal([&] { keywords_of({{"keywords", bad}}); }).id == "plugin.contract");
  }
}

TEST_CASE("a registry tells what the networks of each plugin are called, and goes on after one that cannot be asked") {
  auto registry = registry_with("good");
  registry.add(plugin_file("aborts"));
  const auto keywords = registry.keywords();
  CHECK(keywords.contains("good"));
}
