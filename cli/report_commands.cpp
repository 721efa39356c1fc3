#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_report_commands(CommandTable&) {}

}  // namespace weightloom::cli
