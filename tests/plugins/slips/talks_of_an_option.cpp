// Warns of an option on standard output.
#include <iostream>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (config.text("activation") == "gelu") std::cout << "gelu is slow\n" << std::flush;
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
