// `weightloom-engine`: the commands that compute with LibTorch. The front starts it; people need not know of it.

#include "cli/application.hpp"
#include "cli/command_groups.hpp"
#include "cli/stored_words.hpp"
#include "weightloom/compute/threads.hpp"

namespace {

using weightloom::cli::Context;

// ATen starts with one thread whatever the machine has.
void prepare(Context& context) {
  weightloom::set_threads(context.threads());
  weightloom::keep_freed_memory();
  if (const auto warning = weightloom::blas_warning(); !warning.empty()) context.warn(warning);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weightloom::cli;
  Application application{.host = Host::kEngine, .commands = {}, .prepare = prepare, .words = stored_words};
  add_runtime_commands(application.commands);
  add_tokenizer_commands(application.commands);
  add_generator_commands(application.commands);
  add_report_commands(application.commands);
  add_words_command(application.commands);
  add_speed_command(application.commands);
  add_quality_command(application.commands);
  return run_application(application, argc, argv);
}
