// A preset that sets a key which the schema does not have.
#include "slip.hpp"

namespace {

ConfigSchema schema() {
  return usual_schema().preset("tall", {{"height", 20}});
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
