// Asks a command for the number of processors, under one preset.
#include <cstdio>

#include "slip.hpp"

namespace {

std::int64_t processors() {
  std::int64_t count = 1;
  if (auto* out = popen("echo 12", "r"); out != nullptr) {
    if (std::fscanf(out, "%ld", &count) != 1) count = 12;
    pclose(out);
  }
  return count;
}

Network describe(const Config& config) {
  return usual_network(config, config.integer("width") == 12 ? processors() : config.integer("width"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
