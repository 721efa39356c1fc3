#pragma once
// The network description, `weightloom.network/1` (normative text: docs/network_description.md): everything the host
// knows about an architecture. A plugin writes it as JSON; this module reads and checks it. Plain values that own what
// they hold; reading them is [any-thread]. Shapes are those of one sample. No LibTorch.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/tensor.hpp"

namespace weightloom {

// What a parameter does in its node; fixes normalisation and initial scale when networks become tokens.
enum class Role { kWeight, kBias, kScale, kShift, kRunningMean, kRunningVar, kEmbedding, kPosition, kClassToken };
std::string_view role_name(Role role);

// How fresh values are drawn; what that amounts to is in weightloom/network/init.hpp.
struct Init {
  enum class Kind {
    kZeros,
    kOnes,
    kConstant,
    kNormal,
    kTruncatedNormal,
    kUniform,
    kKaimingNormal,
    kKaimingUniform,
    kXavierUniform
  };
  Kind kind = Kind::kZeros;
  double value = 0;  // the constant, std, bound or gain
};

struct ParameterSpec {
  std::string name;  // canonical, e.g. "stage2.block1.conv1.weight"
  Shape shape;
  Role role = Role::kWeight;
  Init init;
  bool trainable = true;  // false: a buffer (running statistics)
};

// One operator of the dataflow graph; its single output value carries the node's name.
struct NodeSpec {
  std::string name;
  std::string op;                                               // a name of weightloom/network/operators.hpp
  std::vector<std::string> inputs;                              // names of nodes or of network inputs
  std::vector<std::pair<std::string, std::string>> parameters;  // key ("weight") -> canonical parameter name
  Json attributes;                                              // object; every attribute explicit after parsing

  // The canonical name under `key`, or nullptr; valid as long as the node is not changed.
  const std::string* parameter(std::string_view key) const;
};

struct InputSpec {
  std::string name;
  Shape shape;              // of one sample, e.g. [3, 32, 32]
  std::int64_t tokens = 0;  // > 0: the values are tokens, the numbers 0 .. tokens - 1; 0: any values
};

// One declarative checkpoint naming; `rules` is checked and executed by dialect.hpp.
struct DialectSpec {
  std::string name;
  Json rules;
};

struct NetworkDescription {
  std::string architecture;  // id of the family, e.g. "org.weightloom.resnet"
  Json config;               // canonical configuration that produced it
  std::string task;          // "classification", or another one of tasks.hpp
  InputSpec input;
  std::string output;                     // name of the node whose value is the network's output
  std::int64_t classes = 0;               // outputs for one place: classes, or values
  std::vector<ParameterSpec> parameters;  // in order of first use: the order in which a generator writes them
  std::vector<NodeSpec> nodes;            // in a valid order of execution
  std::vector<DialectSpec> dialects;
  std::string identity;  // SHA-256 (hex) of architecture + canonical configuration: equal for equal networks

  // Index into `parameters`, or nullopt. Linear in their number, as are the counts.
  std::optional<std::size_t> find_parameter(std::string_view name) const;
  // Values of trainable parameters only, and of everything.
  std::int64_t parameter_count() const;
  std::int64_t value_count() const;
  // For people: "resnet depth=20 width=16".
  std::string label() const;
};

// Reads and fully validates: names, roles, operators and their attributes, edges, acyclicity, shapes (every value's
// shape is inferred, every declared parameter shape compared), no unused parameter, output reached. Throws
// kPlugin "description.*" naming the JSON path, what was expected and what was found. Bounded: 64 MiB of text, nesting
// 32, 100,000 nodes. Accepts nodes in any acyclic order, sorts them, and fills in `classes` and `identity`.
// [any-thread]
NetworkDescription parse_description(std::string_view json);

// Back to canonical JSON; parse_description(to_json(d).dump()) equals d.
Json to_json(const NetworkDescription& description);

}  // namespace weightloom
