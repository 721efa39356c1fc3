// Draws a size with the C library's generator.
#include <cstdlib>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  return usual_network(config, config.integer("width") + std::rand() % 100);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
