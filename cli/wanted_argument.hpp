#pragma once
// What commands on networks that are there already are asked for: an instruction in words, data, or both.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/context.hpp"
#include "weightloom/retrieval/wanted.hpp"

namespace weightloom::cli {

struct WantedArgument {
  std::string instruction, data, architecture;
};

struct ReadWanted {
  Wanted wanted;
  std::string data;  // DataSpec text of the wanted images and classes
  Json reading;      // as the results of commands show it; null without words
};

void declare_wanted(CLI::App& app, WantedArgument& argument);
// Throws kUsage "wanted.nothing" where nothing is asked for, "instruction.conflict" where the words name another
// architecture than --arch, and what reading an instruction does.
ReadWanted read_wanted(Context& context, const Zoo& zoo, const PluginRegistry& registry,
                       const WantedArgument& argument);

}  // namespace weightloom::cli
