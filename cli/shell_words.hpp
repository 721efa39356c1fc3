#pragma once
// The words of a command line as bash has it while it is being typed, and completions as bash has to insert them. Pure
// functions. [any-thread]

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom::cli {

struct ShellLine {
  std::vector<std::string> words;  // those that are complete, without their quotes
  std::string current;             // what there is of the last one; empty behind a space
  std::size_t kept = 0;            // bytes of it that stand before what bash replaces
  char quote = 0;                  // the quotes that are open at the end; 0: none
  bool redirected = false;         // it is the file that follows < or >
};

// `line` ends at the cursor. `breaks`: $COMP_WORDBREAKS, after which bash replaces text. Variables stay as they stand.
ShellLine parse_shell_line(std::string_view line, std::string_view breaks);

// What bash has to put in for `candidate`, which begins with line.current, so that it is read as that.
std::string shell_insertion(const ShellLine& line, std::string_view candidate);

}  // namespace weightloom::cli
