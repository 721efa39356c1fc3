#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_runtime_commands(CommandTable&) {}

}  // namespace weightloom::cli
