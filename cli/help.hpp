#pragma once
// Help pages. CLI11's own formatter shows raw type text and no examples.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/catalogue.hpp"

namespace weightloom::cli {

// The page of `weightloom --help`; `globals` declares the options that every command takes.
std::string root_help(const CLI::App& globals);
// The page of `weightloom zoo --help`.
std::string group_help(const CatalogueEntry& group);
// The page of one command; `own` declares the command's options alone.
std::string command_help(const CatalogueEntry& command, const CLI::App& own);

}  // namespace weightloom::cli
