#pragma once
// What the zoo knows about one network.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/tensor.hpp"

namespace weightloom {

struct TensorRecord {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
  std::string object;  // SHA-256 (hex) of its bytes: the unit of deduplication
};

// Lineage: how this network came from `parent`.
struct ParentLink {
  std::string kind;    // "fine-tuned-from", "generated-by", "anchored-to", ...
  std::string parent;  // record id, or the hash of a tokenizer or generator file
  bool operator==(const ParentLink&) const = default;
};

struct ZooRecord {
  std::string id;            // 32 hex digits, assigned by the zoo when empty
  std::string name;          // unique; `/` groups: "fashion-mnist/mlp/3"
  std::string architecture;  // family id, e.g. "org.weightloom.mlp"
  std::string plugin_version;
  Json config;                            // canonical configuration
  std::string dataset;                    // DataSpec text, e.g. "mnist[3,1]@5000"
  std::string family;                     // lineage that shares an anchor, e.g. "quickstart/mlp"
  std::string split;                      // "train", "held-out" or "": what a tokenizer or generator may learn from
  Json hyperparameters;                   // object
  std::map<std::string, double> metrics;  // "test_accuracy", ...
  std::set<std::string> tags;
  std::string notes;
  std::vector<ParentLink> parents;
  Json recipe;  // all that is needed to make it again
  Json source;  // imported: {"format", "sha256", "path"}
  std::vector<TensorRecord> tensors;
  std::int64_t parameters = 0;  // weights, buffers included
  std::int64_t bytes = 0;
  std::string created;       // ISO 8601 UTC, assigned by the zoo when empty
  std::string weights_hash;  // SHA-256 over (name, dtype, shape, object) of all tensors in name order
};

// Throws kUsage "zoo.bad_record" for facts that a zoo does not take: texts that are not UTF-8, that control a terminal
// or are longer than they may be, an empty tag or metric, a split that is none.
void expect_storable(const ZooRecord& record);
// The same with its weights; throws kUsage "zoo.bad_tensor" for a tensor whose name is none, or whose bytes do not fill
// its shape.
void expect_storable(const ZooRecord& record, const TensorMap& tensors);
// Why a time is not taken from elsewhere: "in the future", by more than a day; empty for others, and for what is none.
std::string pointless_time(const std::string& created);
// Throws kUsage "zoo.bad_record" for a tag that tables of facts would take for two. Asked where somebody types it.
void expect_tag(const std::string& tag);

Json to_json(const ZooRecord& record);
// Throws kRefused "json.malformed" and "dtype.unknown" for what is no record.
ZooRecord record_from_json(const Json& json);

// Fills in what follows from the weights: tensors, parameters, bytes and weights_hash.
void describe_weights(ZooRecord& record, const TensorMap& tensors);

// The hash stored as ZooRecord::weights_hash, of tensors that need not be in a zoo.
std::string weights_hash(const TensorMap& tensors);

}  // namespace weightloom
