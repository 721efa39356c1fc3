// Remembers the deepest network so far, and describes it again.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static Config deepest = config;
  if (config.integer("depth") >= deepest.integer("depth")) deepest = config;
  return usual_network(deepest);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
