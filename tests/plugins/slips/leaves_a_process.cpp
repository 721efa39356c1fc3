// Leaves a process behind.
#include <unistd.h>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  if (::fork() == 0) {
    ::sleep(3600);
    ::_exit(0);
  }
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
