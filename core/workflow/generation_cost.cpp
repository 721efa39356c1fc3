#include "weightloom/workflow/generation_cost.hpp"

#include <chrono>

#include "weightloom/base/memory.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {

GenerationCost measure_cost(const GenerationJob& job, const Generator& generator, const PluginRegistry& registry,
                            const std::filesystem::path& path, const ProgressSink& progress) {
  reset_peak_memory();
  const auto begin = std::chrono::steady_clock::now();
  DataCache data(wanted_form(job, generator.tokenizer()), {}, kGenerationLimits);
  const auto made = generate_networks(job, generator, registry, data, progress);
  write_network(path.string(), made.networks.front().record, made.networks.front().tensors);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  std::filesystem::remove(path);
  return {made.description.label(), made.description.parameter_count(), elapsed.count(),
          static_cast<std::int64_t>(peak_memory())};
}

}  // namespace weightloom
