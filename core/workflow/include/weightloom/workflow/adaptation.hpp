#pragma once
// A generator learns an architecture that it was not trained on: an anchor for it, grown on the data that the generator
// knows, and a short continuation of its training.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/generator/training.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom {

struct AdaptationJob {
  std::string architecture;       // a plugin's id or name
  Json config = Json::object();   // what the ranges leave open, without channels, size and classes
  ConfigRanges ranges;            // what the anchor is to serve; empty: elastic_ranges()
  std::vector<std::string> data;  // DataSpec texts; empty: what the generator was trained on
  std::int64_t anchor_steps = 0;  // 0: as many as take about 70 seconds on two cores, judged by the largest network
  std::int64_t steps = 30;        // of the generator; 0: the anchor alone
  std::uint64_t seed = 0;
  // When set, both trainings keep their state beside it, and go on from there.
  std::filesystem::path checkpoint;
};

// What a generator writes for a family, as accuracy on validation images; NaN: nothing.
struct AdaptationRow {
  std::string family, network, data;  // NetworkDescription::label(), DataSpec text
  double before, after;               // of the generator that came, and of the one that is returned
};

struct Adaptation {
  Generator generator;
  Json training;  // what Generator::save() is to keep
  ConfigRanges ranges;
  std::int64_t anchor_steps;
  std::vector<AdaptationRow> rows;  // the new family first, then those that were there
};

// `generator` with an anchor for one more architecture; a family of the same name is replaced. While it learns the new
// one it goes on practising those that it has, where their plugins are registered. The same job, generator and machine
// give the same bits. Interruptible. Throws kUsage "adapt.*" for data or an architecture that it cannot learn from, and
// what train_anchor() and train_generator() throw.
Adaptation adapt(const Generator& generator, const PluginRegistry& registry, const AdaptationJob& job,
                 const ProgressSink& progress = {});

}  // namespace weightloom
