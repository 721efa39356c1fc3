// Ends the process for what it cannot do.
#include <cstdlib>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (config.integer("width") == 1) std::exit(0);
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
