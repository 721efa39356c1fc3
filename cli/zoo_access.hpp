#pragma once
// How commands open the zoo, and the arguments that several of them take alike.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "cli/context.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom::cli {

// Of commands that have none of their own.
struct NoOptions {};
inline void declare_nothing(CLI::App&, NoOptions&) {}

// Of an option whose empty value would count as not given.
CLI::Validator not_empty();

struct WaitOption {
  double wait = 0;
};

// Returns it for what it excludes or needs: without a change there is nothing to wait for.
CLI::Option* declare_wait(CLI::App& app, WaitOption& options);

Zoo open_for_reading(const Context& context);
Zoo open_for_writing(const Context& context, const WaitOption& options);
// The same for what gives room back, even where the disk is full; with --dry-run for reading.
Zoo open_to_remove(const Context& context, const WaitOption& options, bool dry_run);
// With --dry-run for reading.
Zoo open_to_change(const Context& context, const WaitOption& options, bool dry_run);

// A size of whole bytes, such as 10GB, from `least` to 2^60. Throws kUsage "option.value"; `option` goes before it
// there.
std::uint64_t parse_size(const std::string& option, const std::string& text, std::uint64_t least);

}  // namespace weightloom::cli
