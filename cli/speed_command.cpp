// bench speed

#include <chrono>

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/generator/generator.hpp"
#include "weightloom/generator/speed.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom::cli {
namespace {

struct BenchOptions {
  double seconds = 1;
};

void declare_bench(CLI::App& app, BenchOptions& options) {
  app.add_option("--seconds", options.seconds, "Time for each measurement")->check(CLI::Range(0.01, 600.0));
}

Json measure_training(const PluginRegistry& plugins, const std::string& architecture, const Json& config,
                      std::int64_t population, double seconds) {
  const Executor executor(plugins.describe(architecture, config));
  const auto& shape = executor.description().input.shape;
  auto generator = make_generator(0);
  const LabelledImages data{
      torch::randn({1024, shape[0], shape[1], shape[2]}, generator, ComputeOptions().floats()),
      torch::randint(executor.description().classes, {1024}, generator, ComputeOptions().indices())};
  const auto start = initial_weights(executor.description(), population, 0);
  TrainingOptions options;
  std::int64_t steps = 0;
  double elapsed = 0;
  // The first round warms up and tells how many steps fill the time.
  for (options.steps = 2; elapsed < seconds / 2; options.steps *= 2) {
    const auto begin = std::chrono::steady_clock::now();
    train(executor, start, {&data}, options);
    elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    steps = options.steps;
  }
  return {{"network", executor.description().label()},
          {"parameters", executor.description().parameter_count()},
          {"population", population},
          {"batch", options.batch},
          {"network_steps_per_second", static_cast<double>(steps * population) / elapsed}};
}

// A generator of the usual shape that has learnt nothing: speed does not depend on what it knows.
Generator fresh_generator(const NetworkDescription& description) {
  const auto& shape = description.input.shape;
  auto draws = make_generator(0);
  auto tokenizer =
      std::make_shared<Tokenizer>(TokenizerConfig{}, std::vector<Anchor>{},
                                  torch::randn({64, shape[0], shape[1], shape[2]}, draws, ComputeOptions().floats()));
  const auto plan = tokenizer->plan(description);
  const auto chunks = tokenizer->normalise(*plan, initial_weights(description, 4, 0)).chunks.flatten(0, 1);
  tokenizer->model().quantizer->initialise(chunks, plan->mask().repeat({4, 1}), 0);
  return Generator(GeneratorConfig{}, std::move(tokenizer), 0);
}

Json measure_generator(const PluginRegistry& plugins, const std::string& architecture, const Json& config,
                       double seconds) {
  constexpr std::int64_t kNetworks = 12;
  const auto description = plugins.describe(architecture, config);
  const Generator generator = fresh_generator(description);
  const auto plan = generator.tokenizer().plan(description);
  const GeneratorSpeed speed = measure_speed(generator.model(), *plan, kNetworks, seconds);
  return {{"network", description.label()},
          {"parameters", description.parameter_count()},
          {"slots", plan->slots()},
          {"networks", kNetworks},
          {"generated_positions_per_second", speed.generation},
          {"trained_positions_per_second", speed.training}};
}

Json bench(Context& context, const BenchOptions& options) {
  const auto plugins = plugin_registry(context);
  Json training = Json::array(), generator = Json::array();
  const Json small{{"channels", 1}, {"size", 14}, {"classes", 10}}, cnn{{"channels", 1}, {"size", 28}, {"classes", 10}};
  for (const std::int64_t population : {1, 32})
    training.push_back(measure_training(plugins, "mlp", small, population, options.seconds));
  for (const std::int64_t population : {1, 8})
    training.push_back(measure_training(plugins, "cnn", cnn, population, options.seconds));
  for (const char* architecture : {"mlp", "resnet"})
    generator.push_back(measure_generator(plugins, architecture, small, options.seconds));
  return {{"sgemm_gflops", measure_sgemm_gflops()},
          {"blas", blas_library()},
          {"threads", thread_count()},
          {"training", std::move(training)},
          {"generator", std::move(generator)}};
}

void print_bench(Printer& print, const Json& result) {
  print.field("sgemm", format_value(result.at("sgemm_gflops"), Format::kNumber) + " GFLOP/s on " +
                           result.at("threads").dump() + " threads");
  print.field("blas", result.at("blas").get<std::string>());
  print.heading("training of networks");
  print.table({{"network"},
               {"parameters", "weights", Format::kCount},
               {"population"},
               {"batch"},
               {"network_steps_per_second", "network steps/s", Format::kNumber}},
              result.at("training"));
  print.heading("generator");
  print.table({{"network"},
               {"parameters", "weights", Format::kCount},
               {"slots"},
               {"networks"},
               {"generated_positions_per_second", "generated positions/s", Format::kNumber},
               {"trained_positions_per_second", "trained positions/s", Format::kNumber}},
              result.at("generator"));
}

}  // namespace

void add_speed_command(CommandTable& table) {
  table.add<BenchOptions>("bench speed", declare_bench, bench, page(print_bench, "sgemm_gflops"));
}

}  // namespace weightloom::cli
