// Asks the network.
#include <sys/socket.h>
#include <unistd.h>

#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  ::close(::socket(AF_INET, SOCK_STREAM, 0));
  return usual_network(config);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
