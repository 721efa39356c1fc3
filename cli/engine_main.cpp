// `weightloom-engine`: the commands that compute with LibTorch. The front starts it; people need not know of it.

#include "cli/application.hpp"
#include "cli/command_groups.hpp"
#include "cli/stored_words.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/workflow/network_checks.hpp"
#include "weightloom/workflow/selection.hpp"

namespace {

using weightloom::cli::Context;

// ATen starts with one thread whatever the machine has.
void prepare(Context& context) {
  weightloom::set_threads(context.threads());
  weightloom::keep_freed_memory();
  if (const auto warning = weightloom::blas_warning(); !warning.empty()) context.warn(warning);
}

void probe_examples(Context& context, weightloom::Retrieval& found, const weightloom::Zoo& zoo,
                    const weightloom::PluginRegistry& registry, const std::string& data) {
  weightloom::probe(found, zoo, registry, data, {}, context.progress());
}

weightloom::NetworkCheck reference(const std::vector<std::string>& files, double tolerance) {
  return weightloom::reference_check({files.at(0), files.at(1), files.at(2), tolerance});
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weightloom::cli;
  Application application{.host = Host::kEngine, .commands = {}, .prepare = prepare, .words = stored_words};
  add_init_command(application.commands);
  add_runtime_commands(application.commands);
  add_tokenizer_commands(application.commands);
  add_generator_commands(application.commands);
  add_report_commands(application.commands);
  add_words_command(application.commands);
  add_retrieve_command(application.commands, probe_examples);
  add_select_command(application.commands);
  add_speed_command(application.commands);
  add_quality_command(application.commands);
  add_plugin_check_command(application.commands, {weightloom::network_checks(), reference});
  return run_application(application, argc, argv);
}
