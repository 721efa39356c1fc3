// Dies when the process ends.
#include <cstdlib>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  static const bool once = std::atexit([] { std::abort(); }) == 0;
  if (!once) throw Unsupported("no atexit");
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
