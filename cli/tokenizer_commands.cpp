#include "cli/command_groups.hpp"

namespace weightloom::cli {

void add_tokenizer_commands(CommandTable&) {}

}  // namespace weightloom::cli
