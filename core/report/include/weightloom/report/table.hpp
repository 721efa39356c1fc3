#pragma once
// A table as data, and as text for terminals. html.hpp sets the same table for a page.

#include <cstddef>
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

// Aligned columns, two spaces apart, a rule under the titles, "\n" after each line. With `width` > 0 lines are cut to
// that many columns by shortening the widest text column with "…"; numbers are never cut. Control characters become
// "?". Throws kUsage "table.cells" when a row has more cells than there are columns.
std::string render(const Table& table, std::size_t width = 0);

}  // namespace weightloom
