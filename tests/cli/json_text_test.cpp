#include "cli/json_text.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace weightloom;
using namespace weightloom::cli;

TEST_CASE("numbers that JSON cannot say are written as strings, however deep") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Json value = {{"loss", std::nan("")}, {"range", {-infinity, 1.5, infinity}}};
  CHECK(json_text(value) == R"({"loss":"NaN","range":["-Infinity",1.5,"Infinity"]})");
}

TEST_CASE("bytes that are not UTF-8 do not end the program") {
  CHECK(json_text(Json("a\xff")) == "\"a\xEF\xBF\xBD\"");
}

TEST_CASE("keys keep their order") {
  CHECK(json_text(Json{{"b", 1}, {"a", 2}}) == R"({"b":1,"a":2})");
}

TEST_CASE("what could steer a terminal is escaped, and says the same") {
  const Json value = {{"a\x7f", "\x1b[2K \u009b \u202e é"}};
  const auto text = json_text(value);
  CHECK(text == R"({"a\u007f":"\u001b[2K \u009b \u202e \u00e9"})");
  CHECK(Json::parse(text) == value);
}

TEST_CASE("other text stays readable") {
  CHECK(json_text(Json("größe")) == "\"größe\"");
}
