// Takes the user's locale over when it is loaded.
#include <clocale>

#include "slip.hpp"

namespace {

__attribute__((constructor)) void at_load() {
  std::setlocale(LC_ALL, "");
}

Network describe(const Config& config) {
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
