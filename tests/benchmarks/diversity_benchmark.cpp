// How much samples of a generator differ from each other, by temperature, and what that costs.
//   cmake --build --preset release --target diversity_benchmark
//   build/release/bin/diversity_benchmark quickstart/generator.safetensors mnist fashion-mnist
// Twelve samples of one request each: pairs that have other codes at a place, pairs that answer otherwise to a
// validation image, and the mean accuracy there; before the gate between start and sample, and after it.

#include <cstdio>

#include "weightloom/base/error.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/workflow/generation.hpp"

namespace {
using namespace weightloom;

constexpr std::int64_t kSamples = 12;

// The share of places in which two of them differ, over all pairs: [samples, places].
double disagreement(const torch::Tensor& values) {
  double sum = 0;
  int pairs = 0;
  for (std::int64_t a = 0; a < values.size(0); ++a)
    for (std::int64_t b = 0; b < a; ++b, ++pairs)
      sum += values[a].ne(values[b]).to(torch::kFloat64).mean().item<double>();
  return sum / pairs;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void measure(const Generator& generator, const PluginRegistry& registry, const std::string& architecture,
             const Json& config, const std::string& data) {
  GenerationJob job;
  job.architecture = architecture;
  job.config = config;
  job.request.data = data;
  job.request.count = kSamples;
  const auto description = wanted_network(job, registry, generator.tokenizer());
  DataCache images(wanted_form(job, generator.tokenizer()));
  const auto on = images.get(data);
  for (const double temperature : {0.0, 0.3, 0.6, 1.0}) {
    job.request.sampling.temperature = temperature;
    const auto made = generate(generator, description, job.request, images);
    const auto raw = recalibrate(made.plan->executor(), made.weights, {&on->train}, 0);
    const auto before = evaluate(made.plan->executor(), raw, {&on->validation});
    const auto ready = ready_to_use(generator, made, job.request, images);
    const auto after = evaluate(made.plan->executor(), ready.weights, {&on->validation});
    std::printf("%-7s %-14s %4.1f  %6.3f  %6.3f %6.3f  %6.3f %6.3f\n", architecture.c_str(), data.c_str(), temperature,
                disagreement(made.tokens.flatten(1)), disagreement(before.predictions), mean(before.accuracy),
                disagreement(after.predictions), mean(after.accuracy));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::puts("usage: diversity_benchmark GENERATOR DATA..."), 2;
  set_threads(2);
  const torch::NoGradGuard no_grad;
  const Generator generator = Generator::load(argv[1]);
  const PluginRegistry registry(PluginRegistry::default_directories());
  std::printf("%-7s %-14s %4s  %6s  %6s %6s  %6s %6s\n", "", "", "T", "codes", "before", "acc", "after", "acc");
  for (int i = 2; i < argc; ++i) {
    measure(generator, registry, "mlp", {{"hidden", {32, 32}}}, argv[i]);
    measure(generator, registry, "cnn",
            {{"width", {8, 16, 16}}, {"pool", {2, 2, 1}}, {"features", "flatten"}, {"norm", "none"}}, argv[i]);
    measure(generator, registry, "resnet", {{"width", {8, 12, 16}}, {"depth", 8}}, argv[i]);
    measure(generator, registry, "vit", {{"patch", 7}, {"heads", 4}, {"width", 32}, {"depth", 2}}, argv[i]);
  }
}
