#pragma once
// The results of a zoo and its generator: the assessment, and all that a reader needs to judge it.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/assessment/assessment.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/report/results.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct ReportJob {
  AssessmentOptions assessment;
  std::uint64_t recipe_seed = 0;                       // stated, not used
  std::vector<std::pair<std::string, double>> stages;  // name and seconds of the stages before the assessment
  int threads = 0;                                     // stated, not used
  const WordVectors* words = nullptr;                  // AssessmentInput::words
  const Generator* unadapted = nullptr;                // AssessmentInput::unadapted
};

// Equal for reports that would have the same rows: `table` is the assessment's, as written.
std::string report_fingerprint(const Zoo& zoo, const Generator& generator, const Json& table);

// Assesses the generator on the zoo's networks and states seeds, sizes, hardware, time and memory. `fingerprint` is
// kept with the results. A model that says nothing of its training has seed 0. Throws what assess() throws, kUsage
// "zoo.forms" for a zoo without image networks, kRefused "json.malformed" for a model whose seed is no seed.
Results make_report(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator, const ReportJob& job,
                    const std::string& fingerprint, const ProgressSink& progress = {});

// How the instruction was understood that a network was generated for; nothing where it was not asked for in words.
// Throws kRefused "json.malformed" for a record that says it in another form.
std::optional<SentenceResult> sentence_of(const std::optional<ZooRecord>& record);

}  // namespace weightloom
