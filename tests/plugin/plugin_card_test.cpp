#include "weightloom/plugin/plugin_card.hpp"

#include <catch2/catch.hpp>

#include "keywords.hpp"
#include "plugin/test_plugins.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/file.hpp"

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

TEST_CASE("a card says what the networks of a plugin are for, and is empty for one that cannot be asked") {
  auto registry = registry_with("good");
  registry.add(plugin_file("aborts"));
  const auto cards = plugin_cards(registry);
  CHECK(cards.at("good").task == "classification");
  CHECK(cards.at("good").reads_images == (registry.describe("good", Json::object()).input.shape.size() == 3));
  CHECK(cards.at("aborts").task.empty());
  CHECK(plugin_keywords(cards).size() == cards.size());
}

TEST_CASE("cards are remembered for plugins that have not changed, and asked for anew otherwise") {
  const TemporaryFolder folder;
  const auto file = folder / "cache" / "cards.json";
  auto registry = registry_with("good");
  const auto asked = plugin_keywords(plugin_cards(registry));
  CHECK(plugin_keywords(plugin_cards(registry, file)) == asked);
  auto cache = parse_json(read_file(file), "cache");
  for (auto& [path, entry] : cache["plugins"].items()) entry.update({{"keywords", {"kept"}}, {"reads_images", true}});
  write_file(file, cache.dump());
  const auto kept = plugin_cards(registry, file).at("good");
  CHECK(kept.keywords == std::vector<std::string>{"kept"});
  CHECK(kept.reads_images);
  auto without_task = cache, changed = cache;
  for (auto& [path, entry] : without_task["plugins"].items()) entry.erase("task");
  for (auto& [path, entry] : changed["plugins"].items()) entry["state"] = {1, 2};
  for (const auto& text :
       {without_task.dump(), changed.dump(), std::string("{"), std::string("[]"), std::string(R"({"plugins": 3})")}) {
    write_file(file, text);
    CHECK(plugin_keywords(plugin_cards(registry, file)) == asked);
  }
  CHECK(plugin_keywords(plugin_cards(registry, "/nonexistent/cards.json")) == asked);
}
