// Says of a script that it treats units alike, which adds up those in front of each.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    x = net.relu(net.conv2d(name("block", k), x, {.out = config.integer("width"), .kernel = 3, .padding = 1}));
  x = net.script(
      "sums", {x},
      {.code = "def forward(x):\n    return torch.cumsum(x, dim=1)\n", .shape = x.shape, .axes = "c..->c.."});
  return net.classifier("head", net.global_avg_pool(x), config.integer("classes"));
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
