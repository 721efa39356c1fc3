// Multiplies by what begins at 0, twice: nothing comes through, and no gradient changes that.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  NetworkBuilder net;
  const auto width = config.integer("width");
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  x = net.conv2d("stem", x, {.out = width, .kernel = 3, .padding = 1});
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    x = net.mul(x, net.conv2d(name("block", k), x, {.out = width, .bias = false, .init = Init::zeros()}));
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
