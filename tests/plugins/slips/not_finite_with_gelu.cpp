// Begins with weights too large under one option.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  const bool usual = config.text("activation") == "relu";
  NetworkBuilder net;
  auto x = net.flatten(net.image(config.integer("channels"), config.integer("size"), config.integer("size")));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    x = net.linear(name("block", k), x,
                   {.out = config.integer("width"), .init = usual ? Init::kaiming_normal(1.4) : Init::normal(1e30)});
    x = usual ? net.relu(x) : net.gelu(x);
  }
  return net.classifier("head", x, config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
