// Allocates until nothing is left.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  std::vector<std::string*> kept;
  while (kept.size() < 10'000'000) kept.push_back(new std::string(1u << 16, 'x'));
  return usual_network(config, static_cast<std::int64_t>(kept.size()));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
