#pragma once
// How good is what a generator writes? Every kind of sample beside every trivial baseline, on test images, unselected
// (docs/assessment.md defines the rows).

#include <cstdint>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/generator/generator.hpp"

namespace weightloom {

struct UnseenNetwork {
  std::string architecture;
  Json config;
  std::string family;
};

struct AssessmentOptions {
  std::int64_t samples = 12;        // networks per row and condition, at least
  std::int64_t tasks = 25;          // class subsets that no training network saw
  std::int64_t test_images = 4000;  // per network, evenly spaced over the test split
  std::int64_t finetune_networks = 10;
  double finetune_epochs = 1;
  double temperature = 0.5;
  std::vector<UnseenNetwork> unseen;  // depths that are in neither kind of training
  std::uint64_t seed = 0;
};

// The [assessment] table of a recipe (docs/recipes.md). Throws kUsage on unknown keys and values out of range.
AssessmentOptions parse_assessment(const Json& table, const std::string& where);

// Returns `rows[]` (row, data, architecture, n, mean, std, epochs, values[], and novelty figures for generated rows)
// and `instruction` (share of samples that fit the data set that was asked for). Accuracies are fractions of 1.
Json assess(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator,
            const AssessmentOptions& options, const ProgressSink& progress = {});

}  // namespace weightloom
