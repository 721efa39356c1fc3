// Describes a network and a wider one by turns.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static int calls = 0;
  return usual_network(config, config.integer("width") + calls++ % 2);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
