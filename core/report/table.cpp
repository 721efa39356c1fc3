#include "weightloom/report/table.hpp"

#include <utility>

namespace weightloom {

Table& Table::row(std::vector<std::string> cells) {
  rows.push_back({std::move(cells), TableRow::Kind::kPlain});
  return *this;
}

Table& Table::strong(std::vector<std::string> cells) {
  rows.push_back({std::move(cells), TableRow::Kind::kStrong});
  return *this;
}

Table& Table::heading(std::string text) {
  rows.push_back({{std::move(text)}, TableRow::Kind::kHeading});
  return *this;
}

}  // namespace weightloom
