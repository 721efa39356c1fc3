#include "weightloom/report/table.hpp"

#include <catch2/catch.hpp>

#include "weightloom/base/error.hpp"

using namespace weightloom;

TEST_CASE("text flows left, numbers right, and letters beyond ASCII take one column") {
  Table table{{{"Row"}, {"n", true}, {"Accuracy", true}}, {}};
  table.row({"zoo", "24", "87.2 ± 0.6"}).heading("MNIST").strong({"génération", "5"});
  CHECK(render(table) ==
        "Row          n    Accuracy\n"
        "──────────────────────────\n"
        "zoo         24  87.2 ± 0.6\n"
        "\nMNIST\n"
        "génération   5\n");
}

TEST_CASE("a narrow terminal shortens text, never numbers") {
  Table table{{{"Name"}, {"Parameters", true}}, {}};
  table.row({"a-network-with-a-long-name", "12,345,678"});
  CHECK(render(table, 24) ==
        "Name          Parameters\n"
        "────────────────────────\n"
        "a-network-w…  12,345,678\n");
  CHECK(render(table, 3).find("12,345,678") != std::string::npos);
}

TEST_CASE("control characters do not reach the terminal") {
  Table table{{{"Name"}}, {}};
  table.row({"\x1b[31mred\n"});
  CHECK(render(table).find("?[31mred?") != std::string::npos);
}

TEST_CASE("empty tables and short rows are fine, long rows are not") {
  CHECK(render(Table{}) == "\n\n");
  Table table{{{"a"}, {"b"}}, {}};
  table.row({"1"});
  CHECK(render(table) == "a  b\n────\n1\n");
  table.row({"1", "2", "3"});
  CHECK_THROWS_AS(render(table), Error);
}
