// Greets when it is loaded.
#include <cstdio>

#include "slip.hpp"

namespace {

__attribute__((constructor)) void at_load() {
  std::puts("hello");
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
