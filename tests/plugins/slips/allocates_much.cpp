// Takes three quarters of a gigabyte while it describes.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  const std::vector<char> table(std::size_t{768} << 20, 1);
  return usual_network(config, config.integer("width") + table[12345] - 1);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
