// `weightloom-engine`: the commands that compute with LibTorch. The front starts it; people need not know of it.

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "cli/application.hpp"
#include "cli/command_groups.hpp"

namespace {

using weightloom::cli::Context;

// ATen starts with one thread whatever the machine has.
void prepare(Context& context) {
  at::set_num_threads(context.threads());
  if (dlsym(RTLD_DEFAULT, "openblas_get_config") == nullptr && dlsym(RTLD_DEFAULT, "mkl_get_version") == nullptr)
    context.warn("LibTorch runs on a slow BLAS; install libopenblas0-pthread (scripts/setup.sh does)");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weightloom::cli;
  Application application{.host = Host::kEngine, .commands = {}, .prepare = prepare};
  add_runtime_commands(application.commands);
  add_tokenizer_commands(application.commands);
  add_generator_commands(application.commands);
  add_report_commands(application.commands);
  return run_application(application, argc, argv);
}
