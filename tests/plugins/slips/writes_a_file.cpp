// Writes what it describes to a file.
#include <fstream>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  std::ofstream("/tmp/weightloom_slip.txt") << config.integer("width");
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
