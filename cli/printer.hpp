#pragma once
// What people read on standard output: lines, fields, tables. Colour and cutting to width only on a terminal.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// How a value is written in a table. kText writes strings bare, arrays joined by ", ", everything else as JSON.
enum class Format { kText, kCount, kSize, kPercent, kDuration, kNumber };

struct Column {
  std::string key;    // of the item; a JSON pointer ("/metrics/test_accuracy") reaches deeper
  std::string title;  // empty: the key's last component
  Format format = Format::kText;
};

// Columns seen on a terminal when `text` is written (code points; combining and wide characters are not told apart).
std::size_t display_width(std::string_view text);
// At most `width` columns, ending in an ellipsis when something was cut.
std::string cut_to_width(std::string_view text, std::size_t width);
// One value, for people; null and absent are "-".
std::string format_value(const Json& value, Format format);

// Collects text; the application writes it out at the end. Not thread-safe.
class Printer {
 public:
  // `width` 0: never cut.
  Printer(std::size_t width, bool colour) : width_(width), colour_(colour) {}

  void line(std::string_view text = {});
  // "name  value", values aligned at column 20.
  void field(std::string_view name, std::string_view value);
  void heading(std::string_view text);
  // One row for each element of `items`; numbers to the right. The widest text columns give way on a narrow terminal.
  void table(const std::vector<Column>& columns, const Json& items);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::size_t width_;
  bool colour_;
};

}  // namespace weightloom::cli
