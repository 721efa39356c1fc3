// Divides by a key whose range begins at 0.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().integer("groups", 1, {0, 4}, "divides the width").complete([](Config& config) {
    if (config.integer("width") % config.integer("groups") != 0)
      throw ConfigError("groups", "does not divide 'width'", "use a divisor of 'width'");
  });
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
