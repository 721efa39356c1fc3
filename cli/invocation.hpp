#pragma once
// From words to a command: which one is meant, what its options are, and what to say when nothing fits.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/catalogue.hpp"
#include "cli/settings.hpp"

namespace weightloom::cli {

struct Invocation {
  const CatalogueEntry* entry = nullptr;  // a command or a group; null: the program itself
  std::vector<std::string> arguments;     // all words but the command's own
  bool help = false, version = false;
};

// Options may stand before the command. Throws kUsage "command.unknown" with the nearest name.
Invocation find_command(const std::vector<std::string>& arguments);

void declare_global_options(CLI::App& app, GlobalOptions& options);

// Parses `arguments` into what `app` declares. Throws kUsage "option.*" with the nearest name; `command` is for hints.
void parse_options(CLI::App& app, const std::vector<std::string>& arguments, const std::string& command);

}  // namespace weightloom::cli
