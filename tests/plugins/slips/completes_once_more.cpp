// Its completion makes a canonical configuration into another one.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().complete([](Config& config) {
    if (config.integer("width") < 200) config.set("width", config.integer("width") + 1);
  });
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
