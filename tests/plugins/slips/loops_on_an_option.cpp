// Never comes back for one option.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  for (volatile bool stuck = config.text("activation") == "gelu"; stuck;) {
  }
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
