#pragma once
// Descriptions that tests of several modules share.

#include <string>

#include "weightloom/network/description.hpp"

namespace weightloom::test {

// [1, 4, 4] image -> `depth` hidden layers of `width` units (block<k>.linear) -> 3 classes.
inline NetworkDescription small_mlp(int depth, int width = 8) {
  Json parameters = Json::array(), nodes = Json::array();
  nodes.push_back({{"name", "flat"}, {"op", "flatten"}, {"inputs", {"image"}}});
  std::string from = "flat";
  const auto linear = [&](const std::string& name, int in, int out) {
    parameters.push_back({{"name", name + ".weight"},
                          {"shape", {out, in}},
                          {"role", "weight"},
                          {"init", {{"kind", "kaiming_uniform"}, {"gain", 1.0}}}});
    parameters.push_back({{"name", name + ".bias"}, {"shape", {out}}, {"role", "bias"}, {"init", {{"kind", "zeros"}}}});
    nodes.push_back({{"name", name},
                     {"op", "linear"},
                     {"inputs", {from}},
                     {"parameters", {{"weight", name + ".weight"}, {"bias", name + ".bias"}}}});
    from = name;
  };
  for (int block = 0; block < depth; ++block) {
    const std::string name = "block" + std::to_string(block);
    linear(name + ".linear", block == 0 ? 16 : width, width);
    nodes.push_back({{"name", name + ".relu"}, {"op", "relu"}, {"inputs", {from}}});
    from = name + ".relu";
  }
  linear("head", width, 3);
  return parse_description(Json{
      {"schema", "weightloom.network/1"},
      {"architecture", "org.weightloom.test"},
      {"config", {{"depth", depth}, {"width", width}}},
      {"task", "classification"},
      {"input", {{"name", "image"}, {"shape", {1, 4, 4}}}},
      {"output", "head"},
      {"parameters", parameters},
      {"nodes", nodes},
      {"dialects",
       Json::array()}}.dump());
}

}  // namespace weightloom::test
