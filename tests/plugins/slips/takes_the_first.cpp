// It takes the first of a list that may be empty.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().integers("widths", {6, 6}, {1, 64}, "channels of the blocks");
}

Network describe(const Config& config) {
  const auto widths = config.integers("widths");
  if (widths.empty()) __builtin_trap();  // as a hardened library does
  return usual_network(config, config.integer("width") + widths.front());
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
