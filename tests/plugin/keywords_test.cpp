#include "keywords.hpp"

#include <catch2/catch.hpp>

#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/plugin/keyword_cache.hpp"

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

TEST_CASE("keywords are remembered for plugins that have not changed, and asked for anew otherwise") {
  const TemporaryFolder folder;
  const auto file = folder / "cache" / "keywords.json";
  auto registry = registry_with("good");
  const auto asked = remembered_keywords(registry, file);
  CHECK(asked == registry.keywords());
  auto cache = parse_json(read_file(file), "cache");
  for (auto& [path, entry] : cache["plugins"].items()) entry["keywords"] = {"remembered"};
  write_file(file, cache.dump());
  CHECK(remembered_keywords(registry, file).at("good") == std::vector<std::string>{"remembered"});
  for (auto& [path, entry] : cache["plugins"].items()) entry["state"] = {1, 2};
  for (const auto& text : {cache.dump(), std::string("{"), std::string("[]"), std::string(R"({"plugins": 3})")}) {
    write_file(file, text);
    CHECK(remembered_keywords(registry, file) == asked);
  }
  CHECK(remembered_keywords(registry, "/nonexistent/keywords.json") == asked);
}
