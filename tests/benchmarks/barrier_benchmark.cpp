// Whether alignment brings independently trained networks into one valley: the barrier of the straight line between two
// of them (Ainsworth et al. 2023), before and after, with running statistics as interpolated and measured anew.
//   cmake --build --preset release --target barrier_benchmark
//   build/release/bin/barrier_benchmark mnist 500 mlp width=256 depth=2 . resnet "width=[24,24,24]" depth=8
// Two networks of each architecture are trained for so many steps from different seeds. The barrier is the highest test
// loss on the line above the mean of its ends.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "weightloom/base/config.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/runtime/alignment.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"

namespace {
using namespace weightloom;

constexpr int kPoints = 8;  // between the ends
constexpr std::int64_t kTestImages = 2000;

Weights between(const Weights& a, const Weights& b, double share) {
  Weights out;
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    out.tensors.push_back(a.tensors[i] * (1 - share) + b.tensors[i] * share);
  return out;
}

struct Barrier {
  double loss = 0;      // the highest on the line, above the mean of its ends
  double accuracy = 0;  // in the middle
};

Barrier barrier(const Executor& executor, const Weights& a, const Weights& b, const TensorData& data, bool anew) {
  std::vector<double> losses;
  Barrier out;
  for (int point = 0; point <= kPoints; ++point) {
    auto weights = between(a, b, static_cast<double>(point) / kPoints);
    if (anew) weights = recalibrate(executor, std::move(weights), {&data.train}, 0);
    const auto found = evaluate(executor, weights, {&data.test}, kTestImages);
    losses.push_back(found.loss[0]);
    if (2 * point == kPoints) out.accuracy = found.accuracy[0];
  }
  out.loss = std::ranges::max(losses) - (losses.front() + losses.back()) / 2;
  return out;
}

void measure(const PluginRegistry& registry, const std::string& architecture, Json config, const TensorData& data,
             std::int64_t steps) {
  config["channels"] = data.train.images.size(1);
  config["size"] = data.train.images.size(2);
  config["classes"] = data.classes();
  const Executor executor(registry.describe(architecture, config));
  const auto& description = executor.description();
  TrainingOptions options;
  options.steps = steps;
  options.learning_rate = 3e-3;
  options.warmup = 0.1;
  std::vector<Weights> pair;
  for (std::uint64_t seed : {1, 2}) {
    options.seed = seed;
    pair.push_back(train(executor, initial_weights(description, 1, seed), {&data.train}, options));
  }
  const torch::NoGradGuard no_grad;
  const auto ends = evaluate(executor, pair[0], {&data.test}, kTestImages);
  const auto aligned = align(description, pair[1], pair[0]);
  std::printf("%-34s %6.3f", description.label().substr(0, 34).c_str(), ends.accuracy[0]);
  for (const bool anew : {false, true}) {
    const auto before = barrier(executor, pair[0], pair[1], data, anew);
    const auto after = barrier(executor, pair[0], aligned, data, anew);
    std::printf("  %7.3f %7.3f %6.3f %6.3f", before.loss, after.loss, before.accuracy, after.accuracy);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::puts("usage: barrier_benchmark DATA STEPS ARCH [KEY=VALUE ...] [. ARCH ...]"), 2;
  set_threads(2);
  const PluginRegistry registry(PluginRegistry::default_directories());
  const auto data = load_tensors(DataSpec::parse(argv[1]), {1, 14});
  std::printf("%-34s %6s  %s\n", "", "ends",
              "as interpolated: barrier, aligned, accuracy, aligned; then measured anew");
  for (int i = 3; i < argc; ++i) {
    const std::string architecture = argv[i];
    Json config = Json::object();
    for (++i; i < argc && std::string(argv[i]) != "."; ++i) set_from_text(config, argv[i]);
    measure(registry, architecture, config, data, std::atoll(argv[2]));
  }
}
