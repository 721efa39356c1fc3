// Every third call is described otherwise.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static int calls = 0;
  return usual_network(config, config.integer("width") + (++calls % 3 == 0));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
