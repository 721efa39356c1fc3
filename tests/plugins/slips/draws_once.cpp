// Draws a size when it is first asked.
#include <random>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static const auto drawn = static_cast<std::int64_t>(std::random_device()() % 100000);
  return usual_network(config, config.integer("width") + drawn);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
