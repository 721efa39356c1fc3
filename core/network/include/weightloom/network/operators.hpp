#pragma once
// The table of operators: what everybody may know of an operator by its name. Normative text:
// docs/network_description.md, "Operators". What an operator computes is in core/runtime; a test holds the table, the
// executor, the SDK and the document together. Immutable, alive as long as the program [any-thread]. No LibTorch.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

// One parameter that an operator reads, under the key that a node's `parameters` names it by.
struct ParameterRule {
  std::string_view key;
  Role role;
  bool required = true;
  int output_axis = -1;   // which of its axes is an output axis of the node: 0 for rows of weights; -1: none
  bool any_role = false;  // the description says what it is
};

struct AttributeRule {
  enum class Kind { kInteger, kNumber, kBoolean, kChoice, kPair, kTriple, kIntegers, kNumbers, kText };
  std::string_view name;
  Kind kind;
  double least = 0, most = 0;             // inclusive; of kNumbers how many there are, of kText bytes
  Json fallback = nullptr;                // null: required
  std::string_view fallback_from = {};    // the attribute whose value is the default
  std::vector<std::string> options = {};  // of kChoice
};

struct OperatorRule {
  std::string_view name;
  std::size_t least_inputs = 1, most_inputs = 1;
  std::vector<ParameterRule> parameters;  // in the order in which a generator writes them and the executor reads them
  std::vector<AttributeRule> attributes;
  bool is_head = false;                     // a linear map, whose outputs may be the classes
  bool keeps_head = false;                  // only scales or lays out what the head before it computed
  bool convolution = false;                 // slides a kernel of weights over an image
  std::optional<std::size_t> feature = {};  // its place among the operator counts of network_features()

  // nullptr for an unknown key.
  const ParameterRule* parameter(std::string_view key) const;
};

// Operators that network_features() counts: their features are 0 .. kOperatorFeatures - 1. Trained generators depend on
// them: a feature is never given to another operator.
inline constexpr std::size_t kOperatorFeatures = 24;

// nullptr for an unknown name.
const OperatorRule* find_operator(std::string_view name);
// All of them, in the order of the table.
std::vector<std::string> operator_names();
// Of each parameter the output axis that its (last) node gives it, -1: none.
std::vector<int> output_axes(const NetworkDescription& description);

}  // namespace weightloom
