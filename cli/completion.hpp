#pragma once
// Shell completion. `weightloom completion SHELL` prints a script, which asks
//   weightloom __complete WORDS... CURRENT         what may stand in place of CURRENT, one a line: zsh, fish
//   weightloom __complete --bash LINE WORDBREAKS   the same as bash has to insert it; LINE ends at the cursor

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/command_table.hpp"

namespace weightloom::cli {

// Words that a zoo and the plugins hold.
enum class StoredWord { kNetwork, kAlias, kTag, kMetric, kField, kDataset, kFamily, kPlugin, kRemoved };
// All of a kind that begin with `prefix`. May throw.
using StoredWords = std::function<std::vector<std::string>(const Context&, StoredWord kind, const std::string& prefix)>;

// The command line before the word that is completed.
struct Typed {
  std::vector<std::string> arguments;  // without the command's own words
  std::string current;
  bool is_command = true;  // the command's own words are there, so that options may follow
};

// Command words and groups that can follow `words`; empty when a command is complete.
std::vector<std::string> complete_commands(const std::vector<std::string>& words);
// The long options of `app`.
std::vector<std::string> option_names(const CLI::App& app);
// What may stand in place of typed.current in a command with the options of `app` and these columns, by themselves
// without regard to what it begins with. Nothing where the name of a file is expected. `words` gives the words of a
// kind that begin with a text.
std::vector<std::string> complete_argument(
    const CLI::App& app, const Typed& typed, const std::vector<Column>& columns,
    const std::function<std::vector<std::string>(StoredWord kind, const std::string& prefix)>& words);

void add_completion_command(CommandTable& table);

}  // namespace weightloom::cli
