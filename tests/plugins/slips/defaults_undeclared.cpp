// Other defaults where a key that does not exist has a value.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().defaults_when("style", "big", {{"width", 32}});
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
