// An assertion of its own fails for deep networks.
#include <cstdio>
#include <cstdlib>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (config.integer("depth") > 50) {
    std::fputs("assertion failed: depth <= 50\n", stderr);
    std::abort();
  }
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
