#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_generator_commands(CommandTable&) {}

}  // namespace weightloom::cli
