#pragma once
// Facts derived from a description's graph: shapes, cost, the head. No LibTorch.

#include <cstdint>
#include <string>
#include <unordered_map>

#include "weightloom/network/description.hpp"

namespace weightloom {

struct GraphFacts {
  std::unordered_map<std::string, Shape> shapes;  // value name -> shape of one sample (network inputs included)
  std::int64_t flops = 0;                         // multiply-adds * 2 of one sample, matrix operators only
  std::int64_t activation_values = 0;             // sum of all value sizes of one sample

  // The head: the linear node closest to the output. Its output axis is the class axis. Empty when the network has
  // none.
  std::string head_node;
  std::string head_input;   // the value that enters it: the "features" of a sample, shape [F] (or [T, F])
  std::string head_weight;  // parameter names; shape [classes, F]
  std::string head_bias;    // may be empty
};

// REQUIRES a description from parse_description().
GraphFacts analyse(const NetworkDescription& description);

}  // namespace weightloom
