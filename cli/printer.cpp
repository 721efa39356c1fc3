#include "cli/printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/json_text.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/base/units.hpp"

namespace weightloom::cli {
namespace {

constexpr std::size_t kFieldWidth = 18, kGap = 2, kLeastWidth = 8;
constexpr std::size_t kPiece = 1u << 20;  // of a long text

const Json& value_at(const Json& item, const std::string& key) {
  static const Json none;
  if (key.starts_with('/')) {
    const Json::json_pointer pointer(key);
    return item.contains(pointer) ? item.at(pointer) : none;
  }
  const auto it = item.find(key);
  return it == item.end() ? none : *it;
}

std::string title_of(const Column& column) {
  return column.title.empty() ? column.key.substr(column.key.rfind('/') + 1) : column.title;
}

std::string join(const Json& list) {
  std::string text;
  for (const auto& value : list) text += (text.empty() ? "" : ", ") + format_value(value, Format::kText);
  return text;
}

// Takes columns away from the widest text column until the row fits.
void shrink(std::vector<std::size_t>& widths, const std::vector<Column>& columns, std::size_t limit) {
  auto total = [&] {
    std::size_t sum = kGap * (widths.size() - 1);
    for (const auto width : widths) sum += width;
    return sum;
  };
  while (total() > limit) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (columns[i].format == Format::kText && widths[i] > kLeastWidth &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size()) return;
    --widths[widest];
  }
}

}  // namespace

std::string format_value(const Json& value, Format format) {
  if (value.is_null()) return "-";
  if (value.is_number()) {
    const double number = value.get<double>();
    if (format == Format::kCount) return format_count(value.get<std::int64_t>());
    if (format == Format::kSize) return number < 0 ? "-" : format_size(value.get<std::uint64_t>());
    if (format == Format::kPercent) return format_percent(number);
    if (format == Format::kDuration) return format_duration(number);
    if (value.is_number_float())
      return std::isfinite(number) ? fmt::format("{:.4g}", number) : fmt::format("{}", number);
  }
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && std::ranges::none_of(value, [](const Json& v) { return v.is_structured(); }))
    return join(value);
  return json_text(value);
}

void Printer::add(std::string_view text) {
  text_ += text;
  if (!write_ || text_.size() < kPiece) return;
  write_(*this);
  text_.clear();
}

void Printer::line(std::string_view text) {
  add(printable(text) + '\n');
}

void Printer::lines(std::string_view text) {
  add(printable_lines(text));
  if (!text.ends_with('\n')) add("\n");
}

void Printer::field(std::string_view name, std::string_view value) {
  const auto shown = printable(name);
  const auto pad = std::max(kFieldWidth, display_width(shown)) - display_width(shown) + kGap;
  line(shown + std::string(pad, ' ') + std::string(value));
}

void Printer::field(std::string_view name, const Json& value, Format format) {
  field(name, format_value(value, format));
}

void Printer::heading(std::string_view text) {
  const auto shown = printable(text);
  add(colour_ ? fmt::format("\x1b[1m{}\x1b[0m\n", shown) : shown + '\n');
}

void Printer::table(const std::vector<Column>& columns, const Json& items) {
  if (columns.empty() || items.empty()) return;
  // The cells of a long list take more than the list itself: they are made twice, not kept.
  const auto cell_of = [&](const Json& item, std::size_t i) {
    return printable(format_value(value_at(item, columns[i].key), columns[i].format));
  };
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(display_width(printable(title_of(column))));
  for (const auto& item : items)
    for (std::size_t i = 0; i < columns.size(); ++i) widths[i] = std::max(widths[i], display_width(cell_of(item, i)));
  if (width_ > 0) shrink(widths, columns, width_);

  const auto row_of = [&](const auto& cell_at) {
    std::string out;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto cell = cut_to_width(cell_at(i), widths[i]);
      const std::string pad(widths[i] - display_width(cell), ' ');
      const bool last = i + 1 == columns.size(), right = columns[i].format != Format::kText;
      out += right ? pad + cell : cell + (last ? "" : pad);
      if (!last) out.append(kGap, ' ');
    }
    return out;
  };
  heading(row_of([&](std::size_t i) { return printable(title_of(columns[i])); }));
  for (const auto& item : items) line(row_of([&](std::size_t i) { return cell_of(item, i); }));
}

}  // namespace weightloom::cli
