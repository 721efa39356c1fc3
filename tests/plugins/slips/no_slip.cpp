// The control: nothing is wrong.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  return usual_network(config).dialect(usual_dialect(config, "sequential"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
