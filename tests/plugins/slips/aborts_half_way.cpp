// An assertion of its own fails within a range, at neither end of it.
#include <cstdio>
#include <cstdlib>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (config.integer("depth") > 20 && config.integer("depth") < 50) {
    std::fputs("assertion failed: depth\n", stderr);
    std::abort();
  }
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
