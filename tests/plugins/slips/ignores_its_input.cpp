// Cuts all values down to one.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.flatten(net.image(config.integer("channels"), config.integer("size"), config.integer("size")));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    x = net.relu(net.linear(name("block", k), x, {.out = config.integer("width")}));
  return net.classifier("head", net.clamp(x, 1, 1), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
