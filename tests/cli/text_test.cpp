// Runs a text test of the command line: text_test FILE...
//
//   # a comment
//   $ weightloom zoo list           a command, run by bash; further lines up to the next command are what it must
//   print: expected standard output        `...` alone stands for any lines, `<*>` within a line for any text !
//   expected standard error       (none: it must be empty) ? 2                             expected exit code (none: 0)
//
// In a Markdown file the blocks fenced by ```console are the test, so documentation cannot go stale; a block inside a
// comment prepares what a reader need not see, and `cd` lasts as in a terminal. All commands of a file run in one fresh
// folder, which is also HOME, without the caller's WEIGHTLOOM_ settings.

#include <stdlib.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

struct Step {
  std::size_t line = 0;
  std::string command;
  Lines out, err;
  int exit_code = 0;
};

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Lines split(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

bool is_markdown(const fs::path& file) {
  return file.extension() == ".md";
}

std::vector<Step> parse(const fs::path& file) {
  const bool markdown = is_markdown(file);
  bool active = !markdown;
  std::vector<Step> steps;
  std::ifstream in(file);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (markdown && line.starts_with("```")) {
      active = line == "```console";
    } else if (!active || (!markdown && line.starts_with("#"))) {
      continue;
    } else if (line.starts_with("$ ")) {
      steps.push_back({number, line.substr(2), {}, {}, 0});
    } else if (!steps.empty() && line.starts_with("! ")) {
      steps.back().err.push_back(line.substr(2));
    } else if (!steps.empty() && line.starts_with("? ")) {
      steps.back().exit_code = std::stoi(line.substr(2));
    } else if (!steps.empty()) {
      steps.back().out.push_back(line);
    }
  }
  for (auto& step : steps)
    while (!step.out.empty() && step.out.back().empty()) step.out.pop_back();
  return steps;
}

bool line_matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find("<*>");
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  pattern.remove_prefix(star + 3);
  text.remove_prefix(star);
  for (std::size_t skip = 0; skip <= text.size(); ++skip)
    if (line_matches(pattern, text.substr(skip))) return true;
  return false;
}

bool lines_match(const Lines& expected, std::size_t e, const Lines& actual, std::size_t a) {
  if (e == expected.size()) return a == actual.size();
  if (expected[e] == "...") {
    for (std::size_t next = a; next <= actual.size(); ++next)
      if (lines_match(expected, e + 1, actual, next)) return true;
    return false;
  }
  return a < actual.size() && line_matches(expected[e], actual[a]) && lines_match(expected, e + 1, actual, a + 1);
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void show(const char* title, const Lines& lines) {
  std::cerr << "  " << title << ":\n";
  for (const auto& line : lines) std::cerr << "    " << line << '\n';
}

bool run(const Step& step, const fs::path& file, fs::path& folder, const fs::path& capture) {
  const auto out_file = capture / "out", err_file = capture / "err", folder_file = capture / "folder";
  const auto script = "trap 'pwd >" + folder_file.string() + "' EXIT\n" + step.command;
  const std::string command = "cd " + quoted(folder) + " && bash -c " + quoted(script) + " >" + quoted(out_file) +
                              " 2>" + quoted(err_file) + " </dev/null";
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  const Lines out = split(read(out_file)), err = split(read(err_file));
  if (is_markdown(file)) folder = split(read(folder_file)).at(0);
  if (code == step.exit_code && lines_match(step.out, 0, out, 0) && lines_match(step.err, 0, err, 0)) return true;
  std::cerr << file.string() << ":" << step.line << ": $ " << step.command << "\n  exit code " << code << ", expected "
            << step.exit_code << '\n';
  show("expected output", step.out);
  show("output", out);
  show("expected messages", step.err);
  show("messages", err);
  return false;
}

void prepare_environment(const fs::path& folder) {
  setenv("HOME", folder.c_str(), 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  const std::string path = std::string(getenv("WEIGHTLOOM_BIN")) + ":" + getenv("PATH");
  setenv("PATH", path.c_str(), 1);
  for (const char* name : {"WEIGHTLOOM_ZOO", "WEIGHTLOOM_LOG", "WEIGHTLOOM_PROGRESS", "WEIGHTLOOM_THREADS",
                           "WEIGHTLOOM_PLUGIN_PATH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "NO_COLOR", "COLUMNS"})
    unsetenv(name);
}

bool run_file(const fs::path& file) {
  std::string name = (fs::temp_directory_path() / "weightloom-text-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  const fs::path root = name, capture = root / "capture";
  fs::path folder = root / "work";
  fs::create_directory(folder);
  fs::create_directory(capture);
  prepare_environment(folder);
  const auto steps = parse(file);
  bool passed = !steps.empty();
  if (!passed) std::cerr << file.string() << ": no commands\n";
  for (const auto& step : steps)
    if (passed) passed = run(step, file, folder, capture);  // later steps build on earlier ones
  std::error_code ignored;                                  // what a failed test left mounted cannot be removed
  fs::remove_all(root, ignored);
  if (passed) std::cout << file.filename().string() << ": " << steps.size() << " commands\n";
  return passed;
}

}  // namespace

int main(int argc, char** argv) {
  bool passed = argc > 1;
  for (int i = 1; i < argc; ++i) passed = run_file(fs::absolute(argv[i])) && passed;
  return passed ? 0 : 1;
}
