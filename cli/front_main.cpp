// `weightloom`: every command that needs no LibTorch, in a process that never loads it.

#include "cli/application.hpp"
#include "cli/command_groups.hpp"
#include "cli/completion.hpp"
#include "cli/stored_words.hpp"

int main(int argc, char** argv) {
  using namespace weightloom::cli;
  Application application{.host = Host::kFront, .commands = {}, .prepare = {}, .words = stored_words};
  add_plugin_commands(application.commands);
  add_plugin_check_command(application.commands, {});
  add_zoo_commands(application.commands);
  add_zoo_change_commands(application.commands);
  add_zoo_care_commands(application.commands);
  add_zoo_history_commands(application.commands);
  add_zoo_insight_commands(application.commands);
  add_data_commands(application.commands);
  add_understand_command(application.commands);
  add_retrieve_command(application.commands, {});
  add_completion_command(application.commands);
  return run_application(application, argc, argv);
}
