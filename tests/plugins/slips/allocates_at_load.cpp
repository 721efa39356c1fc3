// Takes two gigabytes when it is loaded.
#include "slip.hpp"

namespace {

__attribute__((constructor)) void at_load() {
  static std::vector<char> table;
  table.assign(std::size_t{2} << 30, 1);
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
