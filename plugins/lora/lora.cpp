// Low-rank adapters (Hu et al. 2021): for each adapted layer of a network that this plugin does not know, two matrices
// whose product is added to the layer's. As a network of its own an adapter maps the inputs of all these layers, one
// after the other, to what it adds to their outputs.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

ConfigSchema schema() {
  return ConfigSchema()
      .integers("in", {64}, {1, 65536}, "inputs of each adapted layer")
      .integers("out", {64}, {1, 65536}, "outputs of each adapted layer")
      .integer("rank", 4, {1, 4096}, "rank of what is added")
      .number("alpha", 8, {0, 65536}, "what is added is multiplied by alpha / rank")
      .keywords({"low-rank adapter"})
      .complete([](Config& config) {
        settle_lists(config, {"in", "out"});
      });
}

Network describe(const Config& config) {
  const auto in = config.integers("in"), out = config.integers("out");
  const auto rank = config.integer("rank");
  NetworkBuilder net;
  const auto inputs = net.input("layers", {std::accumulate(in.begin(), in.end(), std::int64_t{0})});
  std::vector<Value> added;
  std::int64_t start = 0;
  for (std::size_t k = 0; k < in.size(); start += in[k++]) {
    const auto x = in.size() == 1 ? inputs : net.slice(inputs, 0, start, start + in[k]);
    const auto inner = net.linear(name("block", k, ".down"), x, {.out = rank, .bias = false});
    // Nothing is added at first.
    added.push_back(net.linear(name("block", k, ".up"), inner, {.out = out[k], .bias = false, .init = Init::zeros()}));
  }
  const auto all = added.size() == 1 ? added[0] : net.concat(added, 0);
  return net.finish(net.scale(all, config.number("alpha") / static_cast<double>(rank)), Task::kEmbedding);
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
