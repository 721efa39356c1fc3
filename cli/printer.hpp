#pragma once
// What people read on standard output: lines, fields, tables. Every text is made printable() (base/text.hpp) as it
// comes in, so what a Printer holds is safe to write. Colour and cutting to width only on a terminal.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
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

// One value, for people; null and absent are "-". Strings stay as they are: not yet printable.
std::string format_value(const Json& value, Format format);

// Collects text; the application writes it out at the end. Not thread-safe.
class Printer {
 public:
  // Writes out what the printer holds, which is empty afterwards.
  using Write = std::function<void(const Printer&)>;
  // `width` 0: never cut. `write`: gets a long text in pieces; the last one is left in text().
  Printer(std::size_t width, bool colour, Write write = nullptr)
      : width_(width), colour_(colour), write_(std::move(write)) {}

  // One line, whatever breaks `text` has.
  void line(std::string_view text = {});
  // A text of the program's own, whose line breaks stay; the last one may be missing.
  void lines(std::string_view text);
  // "name  value", values aligned at column 20.
  void field(std::string_view name, std::string_view value);
  void field(std::string_view name, const Json& value, Format format);
  void heading(std::string_view text);
  // One row for each element of `items`; numbers to the right. The widest text columns give way on a narrow terminal.
  void table(const std::vector<Column>& columns, const Json& items);

  const std::string& text() const { return text_; }

 private:
  void add(std::string_view text);

  std::string text_;
  std::size_t width_;
  bool colour_;
  Write write_;
};

}  // namespace weightloom::cli
