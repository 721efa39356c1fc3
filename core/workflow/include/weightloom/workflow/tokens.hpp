#pragma once
// Token streams of zoo networks: made, kept in the zoo, and turned into weights again.

#include <cstdint>
#include <optional>
#include <string>

#include "weightloom/base/progress.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct EncodeSummary {
  std::uint64_t encoded = 0,
                up_to_date = 0;           // networks; those without an architecture, or of other tasks, are left out
  std::optional<double> bits_per_weight;  // mean of those encoded now
};

// Encodes the networks that `query` finds and stores the streams that are missing or stale. `zoo` is open for writing.
// Interruptible; what is encoded by then is stored.
EncodeSummary encode_networks(Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer, const Query& query,
                              const ProgressSink& progress = {});

struct DecodedNetwork {
  ZooRecord record;  // of the decoded weights, not stored; its parent is the network that was encoded
  TensorMap tensors;
  double bits_per_weight = 0;
};

// Decodes a network's stored tokens; running statistics are those of its anchor. Throws kNotFound "tokens.missing" when
// the zoo holds none under this tokenizer.
DecodedNetwork decode_network(const Zoo& zoo, const PluginRegistry& registry, const Tokenizer& tokenizer,
                              const std::string& reference);

}  // namespace weightloom
