#pragma once
// What it takes to write one network.

#include <filesystem>

#include "weightloom/report/results.hpp"
#include "weightloom/workflow/generation.hpp"

namespace weightloom {

// Does what `job` asks for as `generate` does, up to a file at `path`, which is removed again. The peak of memory
// includes what the process holds anyway. Throws what generate_networks() throws, and what writing a file throws.
GenerationCost measure_cost(const GenerationJob& job, const Generator& generator, const PluginRegistry& registry,
                            const std::filesystem::path& path, const ProgressSink& progress = {});

}  // namespace weightloom
