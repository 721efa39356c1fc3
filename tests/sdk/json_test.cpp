#include "weightloom/sdk/json.hpp"

#include <catch2/catch.hpp>
#include <clocale>
#include <nlohmann/json.hpp>
#include <random>

using Catch::Contains;
using weightloom::sdk::Json;
using weightloom::sdk::JsonError;

namespace {

std::string again(std::string_view text) {
  return Json::parse(text).dump();
}

std::string problem(std::string_view text) {
  try {
    Json::parse(text);
  } catch (const JsonError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("valid JSON reads and writes back") {
  CHECK(again(" { \"a\" : [ 1 , -2.5e3 , true , null , \"x\\u00e9\\n\" ] } ") ==
        "{\"a\":[1,-2500.0,true,null,\"x\u00e9\\u000a\"]}");
  CHECK(again("{}") == "{}");
  CHECK(again("\"\\ud83d\\ude00\"") == "\"\U0001F600\"");
}

TEST_CASE("integers are exact over 64 bits and refused beyond") {
  CHECK(again("9223372036854775807") == "9223372036854775807");
  CHECK(again("-9223372036854775808") == "-9223372036854775808");
  CHECK_THAT(problem("9223372036854775808"), Contains("out of range"));
  CHECK_THROWS_AS(Json(std::uint64_t{1} << 63), JsonError);
}

TEST_CASE("doubles stay doubles and are shortest") {
  CHECK(Json(1.0).dump() == "1.0");
  CHECK(Json(0.1).dump() == "0.1");
  CHECK(Json(1e300).dump() == "1e+300");
  CHECK(Json::parse("1.0").is_integer() == false);
  CHECK_THROWS_AS(Json(std::nan("")).dump(), JsonError);
}

TEST_CASE("malformed text is refused with the byte where it goes wrong") {
  for (const auto* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "1e",
                           "tru",
                           "'a'",
                           "[1 2]",
                           "{1:2}",
                           "\"\x01\"",
                           "\"\xff\"",
                           "\"\xc0\xaf\"",
                           "\"\xed\xa0\x80\"",
                           "\"\\ud800\"",
                           "\"\\x\"",
                           "\"abc",
                           "1 2",
                           "1e999",
                           "NaN",
                           "\"\\u12g4\"",
                           "\"\\",
                           "//c\n1"})
    CHECK_THAT(problem(text), Contains("malformed JSON at byte"));
  CHECK_THAT(problem("{\"a\":1,\"a\":2}"), Contains("'a' appears twice"));
}

TEST_CASE("nesting, width and size are bounded") {
  CHECK_THAT(problem(std::string(100000, '[')), Contains("nested deeper"));
  std::string wide = "{\"k\":0";
  for (int i = 0; i < 2000; ++i) wide += ",\"" + std::to_string(i) + "\":0";
  CHECK_THAT(problem(wide + "}"), Contains("more than 1024 keys"));
  CHECK_THAT(problem(std::string((1u << 20) + 1, ' ')), Contains("larger than"));
}

TEST_CASE("the reader accepts exactly what a reference reader accepts") {
  std::mt19937 random(3);
  const std::string valid = R"({"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":"d","e":0.125}})";
  for (int round = 0; round < 20000; ++round) {
    auto text = valid;
    for (int i = 0; i < 2; ++i) text[random() % text.size()] = R"( {}[]":,\01.eEtn-+u)"[random() % 18];
    if (problem(text).find("twice") != std::string::npos) continue;  // stricter on purpose
    if (problem(text).find("out of range") != std::string::npos) continue;
    INFO(text);
    CHECK((problem(text) == "accepted") == nlohmann::json::accept(text));
  }
}
