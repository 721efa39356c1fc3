// Gives one dialect two names.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  return usual_network(config).dialect(usual_dialect(config, "sequential")).dialect(usual_dialect(config, "keras"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
