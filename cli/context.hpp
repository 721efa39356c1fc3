#pragma once
// What a running command gets from the command line around it.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/settings.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/progress.hpp"

namespace weightloom::cli {

class ProgressRenderer;

class Context {
 public:
  explicit Context(Settings settings);
  ~Context();

  const Settings& settings() const { return settings_; }
  // --zoo, WEIGHTLOOM_ZOO or a configuration file; throws kNoStore when nothing names one.
  std::filesystem::path zoo_directory() const;
  // Folders to hand to PluginRegistry::default_directories().
  const std::vector<std::filesystem::path>& plugin_directories() const { return settings_.plugin_dirs; }
  // What --columns asks for; empty: the columns of the view.
  const std::vector<std::string>& columns() const { return columns_; }
  void show_columns(std::vector<std::string> columns) { columns_ = std::move(columns); }
  // --threads, or the number of cores.
  int threads() const;

  // A sink that draws on stderr as --progress says. It must not outlive the context. [any-thread]
  ProgressSink progress();
  // A message, respectively a warning, on stderr. Messages are silent with -q.
  void note(std::string_view text);
  void warn(std::string_view text);
  // Asks on the terminal, below `what` it is about; --yes answers. Throws kUsage when there is nobody to ask.
  bool confirm(const std::string& question, const std::string& what = {});
  // Replaces each "-" by the lines of standard input.
  static std::vector<std::string> names_or_stdin(const std::vector<std::string>& names);

  // For a command that has a result to print and yet failed (verification found damage): the exit code after printing.
  void exit_with(ErrorCode code) { exit_code_ = static_cast<int>(code); }
  int exit_code() const { return exit_code_; }

 private:
  Settings settings_;
  std::vector<std::string> columns_;
  std::unique_ptr<ProgressRenderer> renderer_;
  int exit_code_ = 0;
};

}  // namespace weightloom::cli
