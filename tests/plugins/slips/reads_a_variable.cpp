// Takes a width from the environment.
#include <cstdlib>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  const char* home = std::getenv("HOME");
  return usual_network(config, config.integer("width") + (home == nullptr ? 0 : std::string(home).size()));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
