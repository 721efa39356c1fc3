#pragma once
// The program around the commands: parse, run, print, report failures, exit code.

#include <functional>

#include "cli/catalogue.hpp"
#include "cli/command_table.hpp"
#include "cli/completion.hpp"

namespace weightloom::cli {

struct Application {
  Host host;
  CommandTable commands;
  std::function<void(Context&)> prepare;  // called before a command runs; may be empty
  StoredWords words;                      // for completion; may be empty
};

// Runs one command line. Returns the exit code (an ErrorCode, or 0); never throws. Installs signal handlers.
int run_application(const Application& application, int argc, char** argv);

}  // namespace weightloom::cli
