// Sets a variable of the environment when it is loaded.
#include <cstdlib>

#include "slip.hpp"

namespace {

__attribute__((constructor)) void at_load() {
  ::setenv("OMP_NUM_THREADS", "1", 1);
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
