// Describes what lies in the current folder.
#include <unistd.h>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  char folder[4096] = "";
  if (::getcwd(folder, sizeof folder) == nullptr) folder[0] = '\0';
  return usual_network(config, config.integer("width") + static_cast<std::int64_t>(std::string(folder).size()));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
