#pragma once
// Fine-tuning a network, with a new head where the classes are others.

#include "weightloom/plugin/registry.hpp"
#include "weightloom/runtime/data_cache.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// A network in hand, from wherever it came.
struct Network {
  ZooRecord record;  // what is known of it; id empty when it is in no zoo
  NetworkDescription description;
  Weights weights;  // population 1
};

// `network` for `classes` classes: itself where they fit, else one of the same configuration whose head starts at zero
// and whose record says nothing of the old task.
Network with_classes(const Network& network, std::int64_t classes, const PluginRegistry& registry);

struct Finetuned {
  Network network;  // record: lineage "fine-tuned-from", the family of the start, data, training, accuracies
  bool new_head = false;
  // The task's metric (network/tasks.hpp); before and test: on what is to test on.
  double before = 0, validation = 0, test = 0, test_loss = 0;
};

// Trains on data.train; any task that has a loss. Throws what train() does. The record's hyperparameters are enough to
// do it again from the same start.
Finetuned finetune(const Network& network, const TensorData& data, const TrainingOptions& options,
                   const PluginRegistry& registry, const ProgressSink& progress = {});

}  // namespace weightloom
