// Changes the current folder.
#include <unistd.h>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (::chdir("/usr") != 0) throw Unsupported("no /usr");
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
