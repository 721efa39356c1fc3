#include "weightloom/workflow/generation.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "weightloom/base/error.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/workflow/lineage.hpp"

namespace weightloom {
namespace {

// Accuracy on the validation images of the request's data; empty without data.
std::vector<double> validation_accuracies(const Generated& made, const Weights& ready, const Request& request,
                                          DataCache& data) {
  if (request.data.empty()) return {};
  const auto on = data.get(request.data);
  return evaluate(made.plan->executor(), ready, {&on->validation}).accuracy;
}

std::vector<std::int64_t> select(Selection selection, const std::vector<double>& accuracy, std::int64_t drawn) {
  if (selection == Selection::kBest) return {std::ranges::max_element(accuracy) - accuracy.begin()};
  std::vector<std::int64_t> all(static_cast<std::size_t>(drawn));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

NetworkDescription wanted_network(const GenerationJob& job, const PluginRegistry& registry, const Tokenizer& tokenizer,
                                  DataCache& data) {
  Json config = job.config;
  const auto fill = [&](const char* key, std::int64_t value) {
    if (!config.contains(key)) config[key] = value;
  };
  // A generator knows images of one form only, that of its tokenizer.
  fill("channels", tokenizer.reference_images().size(1));
  fill("size", tokenizer.reference_images().size(2));
  if (!job.request.data.empty())
    fill("classes", static_cast<std::int64_t>(task_of(data, job.request.data).classes.size()));
  return registry.describe(job.architecture, config);
}

Generation generate_networks(const GenerationJob& job, const Generator& generator, const PluginRegistry& registry,
                             DataCache& data) {
  const Request& request = job.request;
  if (job.selection == Selection::kBest && request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.select", "--select best needs a data set to choose on", "",
                "add --data; the choice is made on its validation images");
  const auto description = wanted_network(job, registry, generator.tokenizer(), data);
  const auto begin = std::chrono::steady_clock::now();
  const Generated made = generate(generator, description, request, data);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const Weights ready = ready_to_use(generator, made, request, data);
  const auto accuracy = validation_accuracies(made, ready, request, data);

  Generation out{description, made.plan->slots(), ready.population(), elapsed.count(), {}};
  for (const auto index : select(job.selection, accuracy, out.drawn)) {
    GeneratedNetwork network{index,
                             generated_record({}, registry, generator, made, request, index),
                             to_tensor_map(description, ready, index),
                             {}};
    network.record.hyperparameters = {{"selected", job.selection == Selection::kBest}, {"drawn", out.drawn}};
    if (!accuracy.empty()) {
      network.validation_accuracy = accuracy[static_cast<std::size_t>(index)];
      network.record.metrics["validation_accuracy"] = *network.validation_accuracy;
    }
    describe_weights(network.record, network.tensors);
    out.networks.push_back(std::move(network));
  }
  return out;
}

}  // namespace weightloom
