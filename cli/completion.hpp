#pragma once
// Shell completion: `weightloom completion bash` prints a script that asks `weightloom __complete WORDS...`.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/command_table.hpp"

namespace weightloom::cli {

// Command words and groups that can follow `words`; empty when a command is complete.
std::vector<std::string> complete_commands(const std::vector<std::string>& words);
// The long options of `app`.
std::vector<std::string> option_names(const CLI::App& app);

void add_completion_command(CommandTable& table);

}  // namespace weightloom::cli
