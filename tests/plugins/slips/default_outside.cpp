// A default that its range does not hold.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().integer("patch", 3, {4, 8}, "a default below its range");
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
