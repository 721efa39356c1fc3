#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_data_commands(CommandTable&) {}

}  // namespace weightloom::cli
