#include "cli/shell_words.hpp"

#include <utility>

namespace weightloom::cli {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

bool contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

class Reader {
 public:
  Reader(std::string_view line, std::string_view breaks) : line_(line), breaks_(breaks) {}

  ShellLine read() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (out_.quote != 0)
        quoted(c);
      else
        plain(c);
    }
    return std::move(out_);
  }

 private:
  void plain(char c) {
    if (is_space(c)) return end_word();
    if (c == '<' || c == '>') {
      end_word();
      out_.redirected = true;
      return;
    }
    in_word_ = true;
    if (c == '\\') {
      if (at_ < line_.size()) out_.current += line_[at_++];
    } else if (c == '\'' || c == '"') {
      out_.quote = c;
      out_.kept = out_.current.size();
    } else {
      // The sign before hosts belongs to what bash replaces, the others stay.
      if (contains(breaks_, c)) out_.kept = out_.current.size() + (c == '@' ? 0 : 1);
      out_.current += c;
    }
  }

  void quoted(char c) {
    if (c == out_.quote) {
      out_.quote = 0;
      out_.kept = out_.current.size();
    } else if (c == '\\' && out_.quote == '"' && at_ < line_.size() && contains("$`\"\\\n", line_[at_])) {
      out_.current += line_[at_++];
    } else {
      out_.current += c;
    }
  }

  void end_word() {
    if (!in_word_) return;
    if (!out_.redirected) out_.words.push_back(out_.current);
    out_.current.clear();
    out_.kept = 0;
    out_.redirected = in_word_ = false;
  }

  std::string_view line_, breaks_;
  std::size_t at_ = 0;
  bool in_word_ = false;
  ShellLine out_;
};

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         contains("_-./:,@%+=", c);
}

}  // namespace

ShellLine parse_shell_line(std::string_view line, std::string_view breaks) {
  return Reader(line, breaks).read();
}

std::string shell_insertion(const ShellLine& line, std::string_view candidate) {
  std::string out;
  for (const char c : candidate.substr(line.kept)) {
    if (line.quote == '\'') {
      out += c == '\'' ? "'\\''" : std::string(1, c);
      continue;
    }
    if (line.quote == '"' && c == '!') {  // no backslash keeps bash from looking into its history without staying
      out += "\"'!'\"";
      continue;
    }
    if (line.quote == '"' ? contains("$`\"\\", c) : !is_plain(c)) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace weightloom::cli
