#pragma once
// A table as data, for html.hpp to set.

#include <string>
#include <vector>

namespace weightloom {

struct TableColumn {
  std::string title;
  bool numeric = false;  // set flush right, digits below digits
};

struct TableRow {
  enum class Kind { kPlain, kStrong, kHeading };  // a heading spans the table and uses its first cell only
  std::vector<std::string> cells;                 // missing ones are empty, more than there are columns is an error
  Kind kind = Kind::kPlain;
};

struct Table {
  std::vector<TableColumn> columns;
  std::vector<TableRow> rows;

  Table& row(std::vector<std::string> cells);
  Table& strong(std::vector<std::string> cells);
  Table& heading(std::string text);
};

}  // namespace weightloom
