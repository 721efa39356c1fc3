#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_zoo_commands(CommandTable&) {}

}  // namespace weightloom::cli
