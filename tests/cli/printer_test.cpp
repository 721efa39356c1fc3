#include "cli/printer.hpp"

#include <catch2/catch.hpp>

using namespace weightloom;
using namespace weightloom::cli;

namespace {

const std::vector<Column> kColumns{
    {"name"}, {"weights", "", Format::kCount}, {"/metrics/accuracy", "", Format::kPercent}};
const Json kItems = {{{"name", "fashion-mnist/mlp/3"}, {"weights", 2464}, {"metrics", {{"accuracy", 0.914}}}},
                     {{"name", "m"}, {"weights", 10}}};

}  // namespace

TEST_CASE("a table aligns text to the left and numbers to the right, and shows absent values as a dash") {
  Printer out(0, false);
  out.table(kColumns, kItems);
  CHECK(out.text() ==
        "name                 weights  accuracy\n"
        "fashion-mnist/mlp/3    2,464    91.4 %\n"
        "m                         10         -\n");
}

TEST_CASE("on a narrow terminal text gives way and numbers do not") {
  Printer out(30, false);
  out.table(kColumns, kItems);
  CHECK(out.text() ==
        "name         weights  accuracy\n"
        "fashion-mn…    2,464    91.4 %\n"
        "m                 10         -\n");
}

TEST_CASE("a table of nothing prints nothing") {
  Printer out(0, false);
  out.table(kColumns, Json::array());
  CHECK(out.text().empty());
}

TEST_CASE("width counts characters, not bytes") {
  CHECK(display_width("größe…") == 6);
  CHECK(cut_to_width("größe der Welt", 6) == "größe…");
  CHECK(cut_to_width("größe", 5) == "größe");
}

TEST_CASE("values are written for people") {
  CHECK(format_value(Json{"a", "b"}, Format::kText) == "a, b");
  CHECK(format_value(Json(1048576), Format::kSize) == "1.0 MiB");
  CHECK(format_value(Json(), Format::kCount) == "-");
  CHECK(format_value(Json(0.123456), Format::kNumber) == "0.1235");
}
