#include "weightloom/base/config.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "temporary_folder.hpp"
#include "thrown.hpp"

using namespace weightloom;
using test::thrown;

TEST_CASE("TOML becomes JSON of the same types") {
  const auto json = parse_toml("a = 1\nb = 0.5\nc = true\nd = 'x'\nday = 2026-05-01\n[t]\nlist = [1, 'two']\n");
  CHECK(json["a"] == 1);
  CHECK(json["b"].is_number_float());
  CHECK(json["c"] == true);
  CHECK(json["d"] == "x");
  CHECK(json["day"] == "2026-05-01");
  CHECK(json["t"]["list"] == Json{1, "two"});
  CHECK(parse_toml("") == Json::object());
}

TEST_CASE("bad TOML is refused by file, line and column") {
  const test::TemporaryFolder folder;
  test::write_quickly(folder / "a.toml", "good = 1\nbad = = 2\n");
  const auto error = thrown([&] { load_toml(folder / "a.toml"); });
  CHECK(error.code() == ErrorCode::kUsage);
  CHECK(error.id() == "config.syntax");
  CHECK(error.path() == (folder / "a.toml").string());
  CHECK(error.why().starts_with("line 2, column 7: "));
  CHECK(thrown([] { parse_toml("a = 1\na = 2\n"); }).why().starts_with("line 2, "));
  CHECK(thrown([] { parse_toml("a = 'open"); }).id() == "config.syntax");
  CHECK(thrown([&] { load_toml(folder / "none.toml"); }).code() == ErrorCode::kNotFound);
}

TEST_CASE("a setting on the command line nests by dots, and is text where it is no JSON") {
  Json json;
  set_from_text(json, "depth=20");
  set_from_text(json, "train.rate=1e-3");
  set_from_text(json, "train.name=adam w=1");
  set_from_text(json, "sizes=[1, 2]");
  set_from_text(json, "empty=");
  CHECK(json["depth"] == 20);
  CHECK(json["train"]["rate"] == 1e-3);
  CHECK(json["train"]["name"] == "adam w=1");
  CHECK(json["sizes"] == Json{1, 2});
  CHECK(json["empty"] == "");
  CHECK(thrown([&] { set_from_text(json, "depth"); }).id() == "config.assignment");
  CHECK(thrown([&] { set_from_text(json, "=20"); }).id() == "config.assignment");
  CHECK(thrown([&] { set_from_text(json, "depth.of.head=1"); }).id() == "config.assignment");
}

TEST_CASE(
    "a setting on the command line that is too deep, too long or has an empty key is refused, and nothing is set") {
  Json json;
  std::string deep = "a";
  for (int i = 0; i < 31; ++i) deep += ".a";
  CHECK_NOTHROW(set_from_text(json, deep + "=1"));
  Json none;
  std::string endless;
  for (int i = 0; i < 100'000; ++i) endless += "a.";
  for (const auto& text : {deep + ".a=1", endless + "a=1", std::string("a..b=1"), std::string(".a=1"),
                           std::string("a.=1"), "a=" + std::string(1 << 20, 'x')}) {
    const auto error = thrown([&] { set_from_text(none, text); });
    CHECK(error.id() == "config.assignment");
    CHECK(error.summary().size() < 200);
  }
  CHECK(none.is_null());
}

TEST_CASE("values are read by type, and defaults stand in for what is absent") {
  ConfigReader reader({{"n", 3}, {"x", 2}, {"b", false}, {"s", "text"}, {"list", {1}}}, "t.toml");
  CHECK(reader.integer("n", 0, 0, 10) == 3);
  CHECK(reader.integer("none", 7, 0, 10) == 7);
  CHECK(reader.number("x", 0, 0, 10) == 2);
  CHECK(reader.boolean("b", true) == false);
  CHECK(reader.text("s", "") == "text");
  CHECK(reader.required_text("s") == "text");
  CHECK(reader.value("list") == Json{1});
  CHECK(reader.value("none", "default") == "default");
  CHECK_FALSE(reader.has("none"));
  reader.finish();
}

TEST_CASE("the ends of a range belong to it, and what lies outside is refused") {
  ConfigReader reader({{"low", 1}, {"high", 10}, {"over", 11}, {"huge", UINT64_MAX}, {"x", 1.5}}, "t.toml");
  CHECK(reader.integer("low", 5, 1, 10) == 1);
  CHECK(reader.integer("high", 5, 1, 10) == 10);
  CHECK(thrown([&] { reader.integer("over", 5, 1, 10); }).why() == "11 is outside 1 .. 10");
  CHECK(thrown([&] { reader.integer("huge", 5, 1, INT64_MAX); }).id() == "config.value");
  CHECK(thrown([&] { reader.integer("low", 5, 2, 10); }).id() == "config.value");
  CHECK(reader.number("x", 0, 1.5, 2) == 1.5);
  CHECK(thrown([&] { reader.number("x", 0, 2, 3); }).id() == "config.value");
  ConfigReader strange({{"nan", std::numeric_limits<double>::quiet_NaN()}}, "t.toml");
  CHECK(thrown([&] { strange.number("nan", 0, 0, 1); }).id() == "config.value");
}

TEST_CASE("a value of the wrong type is refused by file and key, never converted") {
  ConfigReader reader({{"n", 1.5}, {"x", "1"}, {"b", 1}, {"s", 1}}, "t.toml");
  const auto error = thrown([&] { reader.integer("n", 0, 0, 10); });
  CHECK(error.code() == ErrorCode::kUsage);
  CHECK(error.summary() == "t.toml: key 'n'");
  CHECK(error.why() == "expected an integer, got 1.5");
  CHECK(thrown([&] { reader.number("x", 0, 0, 10); }).id() == "config.value");
  CHECK(thrown([&] { reader.boolean("b", true); }).id() == "config.value");
  CHECK(thrown([&] { reader.text("s", ""); }).id() == "config.value");
  CHECK(thrown([&] { reader.required_text("missing"); }).why() == "is required");
  CHECK(thrown([] { ConfigReader({1, 2}, "t.toml"); }).id() == "config.table");
}

TEST_CASE("a key that nobody asked for is refused with the nearest one that somebody did") {
  ConfigReader reader({{"progres", "none"}}, "t.toml");
  reader.text("progress", "auto");
  reader.integer("threads", 0, 0, 8);
  const auto error = thrown([&] { reader.finish(); });
  CHECK(error.summary() == "t.toml: key 'progres'");
  CHECK(error.hint() == "did you mean 'progress'?");
  ConfigReader other({{"colour_scheme", 1}}, "t.toml");
  other.text("progress", "auto");
  CHECK(thrown([&] { other.finish(); }).hint().empty());
}

TEST_CASE("the nearest name is two edits away at most, or what the word begins") {
  const std::vector<std::string> names{"mnist", "usps", "fashion-mnist"};
  CHECK(nearest_name("minst", names) == "mnist");
  CHECK(nearest_name("nist", names) == "mnist");
  CHECK(nearest_name("fash", names) == "fashion-mnist");
  CHECK(nearest_name("cifar", names).empty());
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name("x", {"yz"}).empty());
  CHECK(nearest_name("x", {}).empty());
}
