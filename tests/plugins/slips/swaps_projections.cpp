// Its dialect reads keys as queries.
#include "slip.hpp"

namespace {

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = net.image(config.integer("channels"), config.integer("size"), config.integer("size"));
  x = net.conv2d("patch", x, {.out = 8, .kernel = 4, .stride = 4});
  x = net.permute(net.reshape(x, {8, x.shape[1] * x.shape[2]}), {1, 0});
  Dialect names("swapped");
  names.layer("patch", "patch").layer("head", "head");
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k), theirs = name("layers.", k, ".attn");
    const auto q = net.linear(block + ".query", x, {.out = 8}), key = net.linear(block + ".key", x, {.out = 8});
    x = net.add(x, net.attention(q, key, net.linear(block + ".value", x, {.out = 8}), 2));
    names.layer(theirs + ".q_proj", block + ".key").layer(theirs + ".k_proj", block + ".query");
    names.layer(theirs + ".v_proj", block + ".value");
  }
  return net.classifier("head", net.select(x, 0, 0), config.integer("classes")).dialect(names);
}

}  // namespace

WEIGHTLOOM_PLUGIN(usual_schema, describe)
