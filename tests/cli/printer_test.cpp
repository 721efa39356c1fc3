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

TEST_CASE("values are written for people") {
  CHECK(format_value(Json{"a", "b"}, Format::kText) == "a, b");
  CHECK(format_value(Json(1048576), Format::kSize) == "1.0 MiB");
  CHECK(format_value(Json(), Format::kCount) == "-");
  CHECK(format_value(Json(0.123456), Format::kNumber) == "0.1235");
}

TEST_CASE("text of a file is one safe line wherever it is printed") {
  const std::string evil = "\x1b[2K\u202e\nfake";
  const std::string shown = "\\x1b[2K\\u202e\\nfake";
  Printer out(0, false);
  out.line(evil);
  out.heading(evil);
  out.field("notes", evil);
  out.field("tags", Json{evil, "b"}, Format::kText);
  out.table({{"a", evil}}, Json{{{"a", evil}}});
  CHECK(out.text() == shown + "\n" + shown + "\nnotes               " + shown + "\ntags                " + shown +
                          ", b\n" + shown + "\n" + shown + "\n");
}

TEST_CASE("columns are as wide as what is shown, and cutting splits no escape into a character") {
  Printer out(0, false);
  out.table({{"name"}, {"n", "", Format::kCount}}, Json{{{"name", "\x1b"}, {"n", 1}}, {{"name", "abc"}, {"n", 10}}});
  CHECK(out.text() ==
        "name   n\n"
        "\\x1b   1\n"
        "abc   10\n");
}

TEST_CASE("a page keeps its own line breaks and nothing else that steers") {
  Printer out(0, false);
  out.lines("one\n\x1b[Atwo");
  CHECK(out.text() == "one\n\\x1b[Atwo\n");
}

TEST_CASE("colour is the printer's own, whatever the heading says") {
  Printer out(0, true);
  out.heading("\x1b[31mred");
  CHECK(out.text() == "\x1b[1m\\x1b[31mred\x1b[0m\n");
}

TEST_CASE("large numbers in fields have separators") {
  Printer out(0, false);
  out.field("weights", Json(2464000), Format::kCount);
  CHECK(out.text() == "weights             2,464,000\n");
}

TEST_CASE("a long text is written in pieces, in order, and its end is left") {
  std::string written;
  Printer out(0, false, [&](const Printer& piece) { written += piece.text(); });
  std::string all;
  for (int i = 0; i < 40'000; ++i) {
    const auto line = "line " + std::to_string(i) + " " + std::string(100, 'x');
    out.line(line);
    all += line + "\n";
  }
  CHECK(written.size() > 2 << 20);
  CHECK(out.text().size() < 1 << 20);
  CHECK((written + out.text() == all));
}
