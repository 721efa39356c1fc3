#include "cli/shell_words.hpp"

#include <catch2/catch.hpp>

#include "weightloom/base/random.hpp"

using namespace weightloom::cli;

namespace {

using Words = std::vector<std::string>;
constexpr const char* kBreaks = " \t\n\"'@><=;|&(:";

bool breaks_at(const std::string& line, std::size_t at) {
  const auto backslashes = at - (line.find_last_not_of('\\', at == 0 ? 0 : at - 1) + 1);
  return std::string_view(kBreaks).find(line[at]) != std::string_view::npos && backslashes % 2 == 0;
}

// What the last word of a line is when the insertion takes the place of what bash replaces.
std::string completed(std::string line, const std::string& candidate) {
  const auto before = parse_shell_line(line, kBreaks);
  std::size_t replaced = line.size();
  // Bash replaces from behind the open quotes, or from behind the last character that breaks words.
  if (before.quote != 0)
    replaced = line.rfind(before.quote) + 1;
  else
    while (replaced > 0 && !breaks_at(line, replaced - 1)) --replaced;
  if (before.quote == 0 && replaced > 0 && line[replaced - 1] == '@') --replaced;
  line.resize(replaced);
  line += shell_insertion(before, candidate);
  if (before.quote != 0) line += before.quote;
  return parse_shell_line(line, kBreaks).current;
}

}  // namespace

TEST_CASE("words are read without their quotes") {
  const auto line = parse_shell_line(R"(weightloom zoo show 'a b' "c\"d" e\ f g)", kBreaks);
  CHECK(line.words == Words{"weightloom", "zoo", "show", "a b", "c\"d", "e f"});
  CHECK(line.current == "g");
  CHECK(parse_shell_line("a b ", kBreaks).words == Words{"a", "b"});
  CHECK(parse_shell_line("a b ", kBreaks).current.empty());
  CHECK(parse_shell_line("", kBreaks).words.empty());
  CHECK(parse_shell_line("a '' ", kBreaks).words == Words{"a", ""});
}

TEST_CASE("open quotes and what breaks words are told") {
  CHECK(parse_shell_line("a 'b c", kBreaks).quote == '\'');
  CHECK(parse_shell_line("a 'b c", kBreaks).current == "b c");
  CHECK(parse_shell_line("a x\"b ", kBreaks).kept == 1);
  CHECK(parse_shell_line("a --sort=lo", kBreaks).kept == 7);
  CHECK(parse_shell_line("a best@ch", kBreaks).kept == 4);
  CHECK(parse_shell_line("a b > fi", kBreaks).redirected);
  CHECK(parse_shell_line("a b >fi", kBreaks).redirected);
  CHECK_FALSE(parse_shell_line("a b > file c", kBreaks).redirected);
  CHECK(parse_shell_line("a b > file c", kBreaks).words == Words{"a", "b"});
  CHECK(parse_shell_line("a b\\", kBreaks).current == "b");
}

TEST_CASE("an exclamation mark within double quotes is put in where bash does not look into its history") {
  const auto line = parse_shell_line("a \"b", kBreaks);
  CHECK(shell_insertion(line, "b!c") == "b\"'!'\"c");
  CHECK(parse_shell_line("a \"b\"'!'\"c\"", kBreaks).current == "b!c");
}

TEST_CASE("whatever a name holds, it is put in so that it is read back") {
  weightloom::Random random(4);
  const std::string letters = "ab \"'$`\\[](){}*?!#~&|;<>@:=,\xc3\xa4";
  for (int i = 0; i < 5000; ++i) {
    std::string name;
    for (auto n = 1 + random.below(8); n > 0; --n) name += letters[random.below(letters.size())];
    for (const std::string line : {"weightloom zoo show ", "weightloom zoo show '", "weightloom zoo show \""}) {
      CAPTURE(name, line);
      REQUIRE(completed(line, name) == name);
      // Behind the beginning of it, typed as bash itself would have put it in.
      const auto half = name.substr(0, random.below(name.size()));
      if (line.ends_with(' '))
        REQUIRE(completed(line + shell_insertion(parse_shell_line(line, kBreaks), half), name) == name);
    }
  }
}
