// No slip: one part of the input is measured, the other one words.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integer("classes", 3, {1, 10}, "number of classes")
      .integer("words", 9, {2, 50}, "number of words");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  const auto parts = net.inputs({{4}, {5}});
  const auto words = net.mean(net.embedding("words", parts[1], {.words = config.integer("words"), .width = 4}), 0);
  const auto both = net.relu(net.add(net.linear("measures", parts[0], {.out = 4}), words));
  return net.classifier("head", both, config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
