// Leaves out a number from the tenth block on.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    x = net.relu(net.conv2d(name("block", k < 9 ? k : k + 1, ".conv"), x,
                            {.out = config.integer("width"), .kernel = 3, .padding = 1}));
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
