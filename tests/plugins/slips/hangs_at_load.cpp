// Never finishes loading.
#include "slip.hpp"

namespace {

__attribute__((constructor)) void at_load() {
  for (volatile bool stuck = true; stuck;) {
  }
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
