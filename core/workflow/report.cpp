#include "weightloom/workflow/report.hpp"

#include <chrono>
#include <fstream>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/memory.hpp"
#include "weightloom/workflow/generation.hpp"
#include "weightloom/workflow/members.hpp"

namespace weightloom {
namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

// What the configuration leaves open follows from the data.
Trial plan_trial(const UnseenNetwork& network, const std::string& data, const PluginRegistry& registry,
                 const Tokenizer& tokenizer) {
  GenerationJob job;
  job.architecture = network.architecture;
  job.config = network.config;
  job.request.data = data;
  return {tokenizer.plan(wanted_network(job, registry, tokenizer), network.family), data};
}

// Loads what the recipe's assessment needs, and assesses.
Assessment assess_zoo(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator, const ReportJob& job,
                      const ProgressSink& progress) {
  const AssessmentOptions& options = job.assessment;
  const Tokenizer& tokenizer = generator.tokenizer();
  DataCache data(common_form(zoo, registry));
  AssessmentInput input{generator,
                        data,
                        load_members(zoo, registry, tokenizer, "train"),
                        load_members(zoo, registry, tokenizer, "held-out"),
                        {},
                        {},
                        job.words,
                        job.unadapted};
  for (const UnseenNetwork& unseen : options.unseen)
    input.unseen.push_back(tokenizer.plan(registry.describe(unseen.architecture, unseen.config), unseen.family));
  for (const TrialNetwork& trial : options.trials)
    for (const auto& text : trial.data) input.trials.push_back(plan_trial(trial.network, text, registry, tokenizer));
  return assess(input, options, progress);
}

// How a tokenizer or generator was trained, as its file says; null when it says nothing.
Json training_options(const Json& training) {
  return training.is_object() ? training.value("options", Json()) : Json();
}

std::uint64_t training_seed(const Json& training, const std::string& of) {
  const Json options = training_options(training);
  return options.is_null() ? 0 : member<std::uint64_t>(options, "seed", "the options that " + of + " was trained with");
}

std::int64_t parameters_of(const Module& model) {
  std::int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  return count;
}

Results::ZooSize size_of(const Zoo& zoo) {
  Results::ZooSize size;
  for (const ZooRecord& record : zoo.all()) {
    ++size.networks;
    size.weights += record.parameters;
  }
  return size;
}

}  // namespace

std::string report_fingerprint(const Zoo& zoo, const Generator& generator, const Json& table) {
  return short_hash(table.dump() + members_fingerprint(zoo) + generator.id());
}

Results make_report(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator, const ReportJob& job,
                    const std::string& fingerprint, const ProgressSink& progress) {
  const auto begin = std::chrono::steady_clock::now();
  Results results;
  results.fingerprint = fingerprint;
  results.stages = job.stages;
  results.seeds = {{"recipe", job.recipe_seed},
                   {"assessment", job.assessment.seed},
                   {"generator", training_seed(generator.training(), "the generator")},
                   {"tokenizer", training_seed(generator.tokenizer().training(), "the tokenizer")}};
  results.assessment = assess_zoo(zoo, registry, generator, job, progress);
  results.stages.emplace_back("assessment",
                              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  for (const auto& [stage, seconds] : results.stages) results.wall_seconds += seconds;
  results.peak_rss_bytes = static_cast<std::int64_t>(peak_memory());
  results.temperature = job.assessment.temperature;
  results.hardware = {processor_name(), job.threads};
  results.zoo = size_of(zoo);
  results.generator = {generator.id(), parameters_of(generator.model()), generator.tokenizer().id(),
                       training_options(generator.training())};
  return results;
}

std::optional<SentenceResult> sentence_of(const std::optional<ZooRecord>& record) {
  if (!record || !record->recipe.is_object()) return std::nullopt;
  const Json reading = record->recipe.value("reading", Json()), request = record->recipe.value("request", Json());
  if (!reading.is_object() || !reading.contains("data") || !request.is_object()) return std::nullopt;
  try {
    SentenceResult out{request.at("instruction"), reading.at("data"),    {},
                       reading.at("certainty"),   reading.at("because"), {}};
    out.network = record->architecture.substr(record->architecture.rfind('.') + 1);
    for (const char* key : {"depth", "width"})
      if (const auto found = record->config.find(key); found != record->config.end())
        out.network += std::string(" ") + key + "=" + found->dump();
    for (const Json& word : reading.value("architecture_because", Json::array())) out.because.push_back(word);
    if (const auto accuracy = record->metrics.find("validation_accuracy"); accuracy != record->metrics.end())
      out.validation_accuracy = accuracy->second;
    return out;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "json.malformed", "cannot read how '" + record->name + "' was asked for",
                error.what());
  }
}

}  // namespace weightloom
