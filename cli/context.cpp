#include "cli/context.hpp"

#include <unistd.h>

#include <iostream>
#include <thread>

#include "cli/progress_renderer.hpp"
#include "cli/terminal.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom::cli {

Context::Context(Settings settings)
    : settings_(std::move(settings)), renderer_(std::make_unique<ProgressRenderer>(progress_mode(settings_))) {}

Context::~Context() = default;

std::filesystem::path Context::zoo_directory() const {
  if (settings_.zoo) return *settings_.zoo;
  throw Error(ErrorCode::kNoStore, "zoo.unnamed", "which zoo?",
              "neither --zoo, nor WEIGHTLOOM_ZOO, nor a weightloom.toml names one",
              "give --zoo DIR, or make one with `weightloom zoo init DIR`");
}

int Context::threads() const {
  return settings_.threads > 0 ? settings_.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

ProgressSink Context::progress() {
  return [this](const ProgressEvent& event) { renderer_->show(event); };
}

void Context::note(std::string_view text) {
  if (!settings_.quiet) renderer_->message("note", text);
}

void Context::warn(std::string_view text) {
  renderer_->message("warning", text);
}

bool Context::confirm(const std::string& question, const std::string& what) {
  if (settings_.yes) return true;
  if (settings_.no_input || isatty(STDIN_FILENO) == 0)
    throw Error(ErrorCode::kUsage, "input.needed", "cannot ask: " + question,
                "there is no terminal to answer on, or --no-input was given", "add --yes to go on without being asked");
  write_message(printable_lines(what) + printable_lines(question, "  ") + " [y/N] ");
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

std::vector<std::string> Context::names_or_stdin(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (const auto& name : names) {
    if (name != "-") {
      all.push_back(name);
      continue;
    }
    bool first = true;
    for (std::string line; std::getline(std::cin, line);) {
      // Lists from other systems end their lines otherwise, and may begin with a mark.
      if (line.ends_with('\r')) line.pop_back();
      if (std::exchange(first, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
      if (!line.empty()) all.push_back(line);
    }
  }
  return all;
}

}  // namespace weightloom::cli
