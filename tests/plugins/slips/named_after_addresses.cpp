// Names a block after where something lies in memory.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.flatten(net.image(config.integer("channels"), config.integer("size"), config.integer("size")));
  const auto here = reinterpret_cast<std::uintptr_t>(&usual_schema) % 100000;
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    x = net.relu(net.linear(name("at", here, ".block", k), x, {.out = config.integer("width")}));
  return net.classifier("head", x, config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
