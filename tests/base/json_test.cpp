#include "weightloom/base/json.hpp"

#include <catch2/catch.hpp>
#include <cstdint>

#include "thrown.hpp"

using namespace weightloom;
using test::thrown;

namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("JSON text is read with its keys in order") {
  const auto json = parse_json(R"({"b": 1, "a": [true, null, "x"]})", "the text");
  CHECK(json.dump() == R"({"b":1,"a":[true,null,"x"]})");
  CHECK(try_parse_json(" 3 ") == Json(3));
}

TEST_CASE("of equal keys the last value counts, in the place of the first") {
  CHECK(parse_json(R"({"a": 1, "b": 2, "a": {"c": 3}})", "the text").dump() == R"({"a":{"c":3},"b":2})");
}

TEST_CASE("a key that stands in one object twice is found") {
  CHECK(repeated_key(R"([{"a": 1, "b": {"a": 2}}, {"a": 3, "c": [{"d": 1, "d": 2}], "e": 4, "e": 5}])") == "d");
  CHECK(repeated_key(R"({"a": {"a": {"a": []}}, "b": [{"a": 1}, {"a": 2}], "": 0})") == std::nullopt);
  CHECK(repeated_key("3") == std::nullopt);
  CHECK(repeated_key(R"({"a": {"b": 1}, "a": {"c": [{"d": 1}, {"d": 2}]}})") == "a");
  CHECK(repeated_key(R"({"a": {"b": {"c": 1}}, "b": {"c": {"c": 1}}, "c": {"a": [{"b": {}}], "b": 1}})") ==
        std::nullopt);
  CHECK(repeated_key(R"([[{"x": {}, "y": [[{}]], "x": 1}]])") == "x");
}

TEST_CASE("an object may have any number of keys") {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  const auto json = parse_json(text + "}", "the text");
  CHECK(json.size() == 300'000);
  CHECK(json.back() == 299'999);
  std::string bytes;
  Json::to_cbor(json, bytes);
  CHECK(parse_cbor(bytes, "the bytes").size() == 300'000);
}

TEST_CASE("CBOR is read back as what it was made from, and refused where it ends early") {
  const auto json = parse_json(R"({"b": [1, -2, 0.5], "a": {"x": null, "y": true}})", "the text");
  std::string bytes;
  Json::to_cbor(json, bytes);
  CHECK(parse_cbor(bytes, "the bytes").dump() == json.dump());
  bytes.pop_back();
  CHECK(thrown([&] { parse_cbor(bytes, "the bytes"); }).id() == "json.malformed");
  CHECK(thrown([] { parse_cbor(std::string(100'000, '\x81'), "the bytes"); }).id() == "json.malformed");
}

TEST_CASE("text that is no JSON is refused, naming what it is") {
  for (const char* text : {"", "{", "{\"a\":}", "nul", "[1] 2", "\"\xff\"", "1e999"}) {
    CAPTURE(text);
    const auto error = thrown([&] { parse_json(text, "the record of 'net'"); });
    CHECK(error.code() == ErrorCode::kRefused);
    CHECK(error.id() == "json.malformed");
    CHECK(error.summary() == "cannot read the record of 'net'");
    CHECK_FALSE(error.why().empty());
    CHECK_FALSE(try_parse_json(text));
  }
}

TEST_CASE("text that nests too deeply is refused before it is read to its end") {
  CHECK(parse_json(nested(kMostJsonNesting), "x").is_array());
  CHECK(parse_json(std::string(kMostJsonNesting, '[') + "1" + std::string(kMostJsonNesting, ']'), "x").is_array());
  for (const auto& text : {nested(kMostJsonNesting + 1), nested(100'000), std::string(100'000, '[')}) {
    CHECK(thrown([&] { parse_json(text, "x"); }).why() == "it nests deeper than 64 levels");
    CHECK_FALSE(try_parse_json(text));
  }
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(thrown([&] { parse_json(objects, "x"); }).id() == "json.malformed");
}

TEST_CASE("a member is read by its type and never converted") {
  const Json json{{"s", "text"}, {"b", true}, {"n", -3}, {"u", UINT64_MAX}, {"x", 1.5}, {"none", nullptr}};
  CHECK(member<std::string>(json, "s", "x") == "text");
  CHECK(member<bool>(json, "b", "x"));
  CHECK(member<std::int64_t>(json, "n", "x") == -3);
  CHECK(member<std::uint64_t>(json, "u", "x") == UINT64_MAX);
  CHECK(member<std::uint64_t>(Json{{"n", 3}}, "n", "x") == 3);
  CHECK(member<double>(json, "x", "x") == 1.5);
  CHECK(member<double>(json, "n", "x") == -3);
  for (const char* key : {"b", "n", "none"})
    CHECK(thrown([&] { member<std::string>(json, key, "x"); }).id() == "json.malformed");
  for (const char* key : {"s", "b", "x", "u", "none"})
    CHECK(thrown([&] { member<std::int64_t>(json, key, "x"); }).id() == "json.malformed");
  for (const char* key : {"s", "b", "x", "n"})
    CHECK(thrown([&] { member<std::uint64_t>(json, key, "x"); }).id() == "json.malformed");
  CHECK(thrown([&] { member<bool>(json, "n", "x"); }).id() == "json.malformed");
  CHECK(thrown([&] { member<double>(json, "b", "x"); }).id() == "json.malformed");
}

TEST_CASE("a missing or wrong member is named") {
  const auto error = thrown([] { member<std::string>(Json{{"kind", 1}}, "kind", "the recipe"); });
  CHECK(error.code() == ErrorCode::kRefused);
  CHECK(error.summary() == "cannot read the recipe");
  CHECK(error.why() == "'kind' is not a text");
  CHECK(thrown([] { member<bool>(Json::object(), "kind", "x"); }).why() == "'kind' is missing");
  CHECK(thrown([] { member<bool>(Json::array(), "kind", "x"); }).why() == "it is no JSON object");
  CHECK(thrown([] { member<bool>(Json(), "kind", "x"); }).why() == "it is no JSON object");
}
