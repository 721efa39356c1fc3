// Reads a file of its own.
#include <fstream>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  std::int64_t more = 0;
  std::ifstream("/etc/weightloom_slip.conf") >> more;
  return usual_network(config, config.integer("width") + more);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
