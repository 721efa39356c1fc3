#pragma once
// The only way to standard output and standard error: nothing else in this folder writes there. Names, notes and paths
// come from files and may hold anything; what passes here is printable() (weightloom/base/text.hpp), so that no file
// can steer the terminal or hide what it says. Not thread-safe.

#include <cstddef>
#include <string_view>

#include "cli/printer.hpp"

namespace weightloom::cli {

// Standard output. A reader that went away ends the output quietly; throws kFailure "output.write" on any other
// failure.
void write_output(const Printer& printer);

// Standard error, where failures are ignored: there is nowhere left to tell them.
// Lines, each ended by a line break but the last.
void write_message(std::string_view text);
// Draws one line, cut to the terminal's width, that the next draw_bar() or clear_bar() takes back.
void draw_bar(std::string_view text);
void clear_bar();
// What the first SIGINT says. [async-signal-safe]
void write_interrupt_notice() noexcept;

// Columns of standard output; 0 when it is no terminal.
std::size_t output_width();
bool output_is_terminal();
// Is it a terminal, and its characters UTF-8, so that block and line characters show?
bool output_shows_blocks();

}  // namespace weightloom::cli
