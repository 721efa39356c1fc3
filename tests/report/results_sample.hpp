#pragma once
// Results written by hand: a layer copy stronger than what was generated, two weaker baselines, large numbers.

#include "weightloom/report/results.hpp"

namespace weightloom::testing {

inline Results sample_results() {
  Results results;
  results.fingerprint = "f00d";
  const auto row = [&](const char* name, std::vector<double> values, double epochs = 0, const char* data = "mnist",
                       const char* family = "all") {
    results.assessment.rows.push_back({name, data, family, epochs, std::move(values), {}});
  };
  row("zoo", {0.97, 0.95});
  row("generated-seen", {0.90, 0.92});
  results.assessment.rows.back().novelty = Novelty{0.125, 0.5, 0.25, {0.4, 0.6}, {0.1, 0.15}};
  row("average", {0.80});
  row("noise", {0.88, 0.84});
  row("random-init", {0.10});
  row("random-init", {0.99}, 1);
  row("generated-unseen-depth", {0.80, 0.81});
  row("layer-copy", {0.83, 0.838});
  row("random-init-unseen-depth", {0.1});
  row("noise", {0.999}, 0, "fashion-mnist");
  row("retrieval", {0.999}, 0, "mnist", "one-family");
  results.assessment.instruction = {12345, 12000};
  results.stages = {{"grow", 12}, {"assessment", 3.5}};
  results.wall_seconds = 15.5;
  results.peak_rss_bytes = 1 << 30;
  results.seeds = {{"recipe", 7}, {"assessment", 9223372036854775807ULL}};
  results.temperature = 0.5;
  results.hardware = {"a processor", 2};
  results.zoo = {1234, 5678901};
  results.generator = {"0123456789abcdef0123", 1234567, "beef", {{"steps", 100}}};
  return results;
}

}  // namespace weightloom::testing
