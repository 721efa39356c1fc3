#pragma once
// One function for each file of commands. The front's need no LibTorch; the engine's may.

#include "cli/command_table.hpp"

namespace weightloom::cli {

// Front.
void add_plugin_commands(CommandTable& table);
void add_zoo_commands(CommandTable& table);
void add_zoo_change_commands(CommandTable& table);
void add_zoo_care_commands(CommandTable& table);
void add_zoo_history_commands(CommandTable& table);
void add_zoo_insight_commands(CommandTable& table);
void add_data_commands(CommandTable& table);
void add_understand_command(CommandTable& table);

// Engine.
void add_runtime_commands(CommandTable& table);
void add_tokenizer_commands(CommandTable& table);
void add_generator_commands(CommandTable& table);
void add_report_commands(CommandTable& table);
void add_words_command(CommandTable& table);
void add_speed_command(CommandTable& table);
void add_quality_command(CommandTable& table);

}  // namespace weightloom::cli
