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
