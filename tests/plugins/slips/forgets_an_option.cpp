// Declares a flag that nothing asks for.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().boolean("bias", true, "whether convolutions have a bias");
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
