// Remembers the width of the first configuration.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static const auto width = config.integer("width");
  return usual_network(config, width);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
