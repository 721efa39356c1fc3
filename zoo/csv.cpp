#include "csv.hpp"

#include <algorithm>

#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostCells = 10'000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class Parser {
 public:
  Parser(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  void run(const std::function<void(const CsvRow& row)>& visit) {
    while (at_ < text_.size()) {
      const auto row = this->row();
      const bool empty = row.size() == 1 && row[0].text.empty();
      if (!empty) visit(row);
    }
  }

 private:
  CsvRow row() {
    CsvRow row;
    do {
      if (row.size() == kMostCells) refuse("there are more than " + std::to_string(kMostCells) + " cells in a line");
      row.push_back(cell());
    } while (take(","));
    if (at_ < text_.size() && !end_line()) refuse("a quoted cell goes on after its closing quote");
    return row;
  }

  CsvCell cell() {
    CsvCell cell{{}, line_, column()};
    if (!take("\"")) {
      const auto end = std::min(text_.find_first_of(",\"\r\n", at_), text_.size());
      cell.text = text_.substr(at_, end - at_);
      at_ = end;
      if (at_ < text_.size() && text_[at_] == '"') refuse("a quote stands within a cell that does not begin with one");
      if (at_ < text_.size() && text_[at_] == '\r' && text_.substr(at_, 2) != "\r\n")
        refuse("a carriage return stands where no line ends");
      return cell;
    }
    for (;;) {
      const auto quote = text_.find('"', at_);
      if (quote == std::string_view::npos)
        throw refused_at(file_, cell.line, cell.column, "facts.csv", "the quote that begins here does not end");
      count_lines(quote);
      cell.text += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (!take("\"")) return cell;
      cell.text += '"';
    }
  }

  // Up to `end`, for messages.
  void count_lines(std::size_t end) {
    for (auto at = text_.find('\n', at_); at < end; at = text_.find('\n', at + 1)) {
      ++line_;
      line_begin_ = at + 1;
    }
  }

  bool end_line() {
    if (!take("\r\n") && !take("\n")) return false;
    ++line_;
    line_begin_ = at_;
    return true;
  }

  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  std::size_t column() const { return at_ - line_begin_ + 1; }
  [[noreturn]] void refuse(const std::string& why) const { throw refused_at(file_, line_, column(), "facts.csv", why); }

  std::string_view text_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0, line_ = 1, line_begin_ = 0;
};

}  // namespace

Error refused_at(const std::filesystem::path& file, std::size_t line, std::size_t column, const std::string& id,
                 const std::string& why) {
  return Error(ErrorCode::kRefused, id, "refusing to read '" + file.string() + "'",
               "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + why)
      .at(file.string());
}

void parse_csv(std::string_view text, const std::filesystem::path& file,
               const std::function<void(const CsvRow& row)>& visit) {
  if (const auto bad = find_bad_utf8(text); bad != std::string_view::npos) {
    const auto before = text.substr(0, bad);
    const auto line_end = before.rfind('\n');
    throw refused_at(file, static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
                     bad - (line_end == std::string_view::npos ? 0 : line_end + 1) + 1, "facts.csv", "it is not UTF-8");
  }
  Parser(text, file).run(visit);
}

}  // namespace weightloom
