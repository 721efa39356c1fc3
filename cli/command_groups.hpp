#pragma once
// One function for each file of commands. The front's need no LibTorch; the engine's may.

#include <functional>
#include <string>
#include <vector>

#include "cli/command_table.hpp"
#include "weightloom/plugin/check.hpp"

namespace weightloom {
class PluginRegistry;
class Zoo;
struct Retrieval;
}  // namespace weightloom

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

// Both: the front's looks at records alone, the engine's, which the option --data leads to, at images as well.
using RetrievalProbe =
    std::function<void(Context&, Retrieval&, const Zoo&, const PluginRegistry&, const std::string& data)>;
void add_retrieve_command(CommandTable& table, RetrievalProbe probe);

// Both: the engine also holds the network that the plugin describes against its checks.
struct NetworkChecks {
  std::vector<NetworkCheck> all;
  std::function<NetworkCheck(const std::vector<std::string>& files, double tolerance)> reference;
};
void add_plugin_check_command(CommandTable& table, NetworkChecks network);

// Engine.
void add_init_command(CommandTable& table);
void add_runtime_commands(CommandTable& table);
void add_tokenizer_commands(CommandTable& table);
void add_generator_commands(CommandTable& table);
void add_report_commands(CommandTable& table);
void add_select_command(CommandTable& table);
void add_words_command(CommandTable& table);
void add_speed_command(CommandTable& table);
void add_quality_command(CommandTable& table);

}  // namespace weightloom::cli
