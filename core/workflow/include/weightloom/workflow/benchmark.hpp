#pragma once
// A benchmark of quality: a recipe that is carried out from its first image to its table, in a folder of its own.

#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/report/results.hpp"

namespace weightloom {

// The benchmarks that come with the program, by name; recipes beside the executables.
std::vector<std::string> benchmark_names();
// The recipe of that name, or `name` itself where it is a file. Throws kNotFound "benchmark.name".
std::filesystem::path benchmark_recipe(const std::string& name);

struct BenchmarkJob {
  std::filesystem::path recipe;
  std::filesystem::path folder;  // what is made goes there; what an earlier run has finished is used
  bool quick = false;            // everything far too short: whether it works, not how well
  int threads = 0;               // stated, and workers of the zoo's growth
};

// `recipe` with steps, networks, tasks and samples cut to what shows that a benchmark works.
Json quick_recipe(Json recipe);

// Draws the data sets of [[render]], grows the zoo, trains tokenizer and generator, adapts the generator to the
// architectures of [[adapt]], and assesses (docs/recipes.md): <folder>/report.html, <folder>/results.json, which are
// what is returned. Goes on where an earlier run was stopped. Throws what the stages throw.
Results run_benchmark(const BenchmarkJob& job, const PluginRegistry& registry, const ProgressSink& progress = {});

}  // namespace weightloom
