// Dies with one preset.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (config.integer("width") == 12) __builtin_trap();
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
