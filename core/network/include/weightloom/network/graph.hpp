#pragma once
// Facts derived from a description's graph: shapes of one sample, cost, the head (docs/network_description.md, "What
// the host derives"). No LibTorch.

#include <cstdint>
#include <string>
#include <unordered_map>

#include "weightloom/network/description.hpp"

namespace weightloom {

struct GraphFacts {
  std::unordered_map<std::string, Shape> shapes;  // value name -> shape of one sample (network inputs included)
  std::int64_t flops = 0;                         // multiply-adds * 2 of one sample, products of matrices only
  std::int64_t activation_values = 0;             // sum of all value sizes of one sample

  // The head: the linear node whose result is the output, or is only scaled or laid out on the way there. Its output
  // axis is the class axis. Empty when the network has none.
  std::string head_node;
  std::string head_input;   // the value that enters it: the "features" of a sample, shape [F] (or [T, F])
  std::string head_weight;  // parameter names; shape [classes, F]
  std::string head_bias;    // may be empty
};

// Visits every node: keep the result. REQUIRES a description from parse_description(). [any-thread]
GraphFacts analyse(const NetworkDescription& description);

}  // namespace weightloom
