#pragma once
// Low-rank adapters: what is trained is a small network of the architecture org.weightloom.lora, whose product of
// matrices is added to linear layers of a base network (docs/adr/0020-adapters.md).

#include <string>
#include <vector>

#include "weightloom/workflow/finetuning.hpp"

namespace weightloom {

struct AdapterOptions {
  std::vector<std::string> layers;  // texts, one of which stands in the name of an adapted layer; empty: all layers
  std::int64_t rank = 4;
  double alpha = 8;
};

// The linear layers of `network` that an adapter can change, in the order of execution: neither its head, nor a layer
// whose weights others read too.
std::vector<std::string> adaptable_layers(const NetworkDescription& network, const AdapterOptions& options = {});

// Trains an adapter of `base`, whose own weights and running statistics stay as they are, on data.train. The network is
// the adapter alone: its recipe names the layers, its lineage is "adapts". Throws kUsage "adapter.layers" where there
// is nothing to adapt, "adapter.classes" where the data has other classes, and what finetune() throws.
Finetuned train_adapter(const Network& base, const AdapterOptions& adapter, const TensorData& data,
                        const TrainingOptions& options, const PluginRegistry& registry,
                        const ProgressSink& progress = {});

// A network of the base's architecture with W + alpha / rank B A in the place of W; lineage "adapted-from" and
// "adapted-by". Throws kUsage "adapter.none" when `adapter` is none, kRefused "adapter.mismatch" when a layer is not
// there or of another shape.
Network apply_adapter(const Network& base, const Network& adapter, const PluginRegistry& registry);

}  // namespace weightloom
