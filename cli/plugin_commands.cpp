#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_plugin_commands(CommandTable&) {}

}  // namespace weightloom::cli
