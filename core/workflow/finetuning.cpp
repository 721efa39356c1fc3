#include "weightloom/workflow/finetuning.hpp"

#include "learning.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/inheritance.hpp"
#include "weightloom/runtime/task.hpp"
#include "weightloom/workflow/recipe.hpp"
#include "weightloom/workflow/records.hpp"

namespace weightloom {

Network with_classes(const Network& network, std::int64_t classes, const PluginRegistry& registry) {
  if (classes == network.description.classes) return network;
  // `classes` is the one setting that every plugin for image networks has (docs/plugin_abi.md).
  auto config = network.description.config;
  config["classes"] = classes;
  auto description = registry.describe(network.description.architecture, config);
  auto weights = descend_from(description, network.description, network.weights, 0);
  auto record = network_record(network.record.name, registry, description, network.record.family, {});
  record.id = network.record.id;
  return {std::move(record), std::move(description), std::move(weights)};
}

Weights learn(const Executor& executor, Weights start, const TensorData& data, const TrainingOptions& options,
              const ProgressSink& progress, Finetuned& out, ZooRecord& record) {
  out.before = evaluate(executor, start, {&data.test}).accuracy[0];
  auto weights = train(executor, std::move(start), {&data.train}, options, progress);
  out.validation = evaluate(executor, weights, {&data.validation}).accuracy[0];
  const auto tested = evaluate(executor, weights, {&data.test});
  out.test = tested.accuracy[0];
  out.test_loss = tested.loss[0];
  record.hyperparameters = to_json(options);
  record.hyperparameters["seed"] = options.seed;
  const std::string metric(task_of(executor.description()).metric);
  record.metrics = {{"validation_" + metric, out.validation}, {"test_" + metric, out.test}};
  return weights;
}

Finetuned finetune(const Network& network, const TensorData& data, const TrainingOptions& options,
                   const PluginRegistry& registry, const ProgressSink& progress) {
  Finetuned out;
  const auto outputs = wanted_outputs(task_of(network.description), data);
  out.new_head = outputs != network.description.classes;
  const auto start = with_classes(network, outputs, registry);
  auto record = network_record({}, registry, start.description, network.record.family, data.name);
  auto weights = learn(Executor(start.description), start.weights, data, options, progress, out, record);
  if (!network.record.id.empty()) record.parents.push_back({"fine-tuned-from", network.record.id});
  describe_weights(record, to_tensor_map(start.description, weights));
  out.network = {std::move(record), start.description, std::move(weights)};
  return out;
}

}  // namespace weightloom
