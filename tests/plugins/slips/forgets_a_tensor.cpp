// Its dialect has no rule for the head.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  Dialect names("sequential");
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    names.layer(name("features.", k), name("block", k, ".conv"));
  return usual_network(config).dialect(names);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
