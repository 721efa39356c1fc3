// Says on standard error what it does.
#include <iostream>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  std::cerr << "width " << config.integer("width") << '\n';
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
