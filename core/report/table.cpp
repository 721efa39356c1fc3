#include "weightloom/report/table.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "table_check.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kGap = 2, kLeastWidth = 8;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

std::size_t columns_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

// A stored name must not be able to steer the terminal.
std::string printable(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::string shortened(const std::string& text, std::size_t width) {
  if (columns_of(text) <= width) return text;
  std::size_t bytes = 0, columns = 0;
  while (bytes < text.size() && (is_continuation(text[bytes]) || ++columns < width)) ++bytes;
  return text.substr(0, bytes) + "…";
}

std::string cell(const TableRow& row, std::size_t column) {
  return column < row.cells.size() ? printable(row.cells[column]) : std::string();
}

std::vector<std::size_t> natural_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(columns_of(printable(column.title)));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; row.kind != TableRow::Kind::kHeading && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(cell(row, i)));
  return widths;
}

std::size_t total_width(const std::vector<std::size_t>& widths) {
  std::size_t total = widths.empty() ? 0 : kGap * (widths.size() - 1);
  for (auto width : widths) total += width;
  return total;
}

void fit(std::vector<std::size_t>& widths, const Table& table, std::size_t width) {
  while (total_width(widths) > width) {
    std::optional<std::size_t> widest;
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (!table.columns[i].numeric && widths[i] > kLeastWidth && (!widest || widths[i] > widths[*widest])) widest = i;
    if (!widest) return;
    --widths[*widest];
  }
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const auto shown = right ? text : shortened(text, width);
  const auto used = columns_of(shown);
  const std::string air(used < width ? width - used : 0, ' ');
  return right ? air + shown : shown + air;
}

std::string without_trailing_spaces(std::string line) {
  return line.erase(line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

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

void check_cells(const Table& table) {
  for (const auto& row : table.rows)
    if (row.cells.size() > std::max<std::size_t>(table.columns.size(), row.kind == TableRow::Kind::kHeading))
      throw Error(ErrorCode::kUsage, "table.cells", "a table row has too many cells",
                  std::to_string(row.cells.size()) + " cells for " + std::to_string(table.columns.size()) + " columns");
}

std::string render(const Table& table, std::size_t width) {
  check_cells(table);
  auto widths = natural_widths(table);
  if (width > 0) fit(widths, table, width);
  const auto line = [&](const auto& text_of) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i)
      text += std::string(i ? kGap : 0, ' ') + padded(text_of(i), widths[i], table.columns[i].numeric);
    return without_trailing_spaces(std::move(text));
  };
  std::string out = line([&](std::size_t i) { return printable(table.columns[i].title); });
  for (std::size_t i = 0; i < total_width(widths); ++i) out += "─";
  out += "\n";
  for (const auto& row : table.rows) {
    if (row.kind == TableRow::Kind::kHeading) {
      const auto text = cell(row, 0);
      out += "\n" + (width > 0 ? shortened(text, width) : text) + "\n";
    } else {
      out += line([&](std::size_t i) { return cell(row, i); });
    }
  }
  return out;
}

}  // namespace weightloom
