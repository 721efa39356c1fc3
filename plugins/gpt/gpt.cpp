// GPT-2 (Radford et al. 2019): pre-norm blocks whose tokens see those before them; the output says the next token, with
// the weights that tokens are read with.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

const Init kInit = Init::normal(0.02);

void check(Config& config) {
  if (config.integer("positions") == 0) config.set("positions", config.integer("length"));
  if (config.integer("length") > config.integer("positions"))
    throw ConfigError("length", "is larger than 'positions'", "use at most " + config.json().find("positions")->dump());
  expect_divisor(config, "heads", "width");
}

ConfigSchema schema() {
  ConfigSchema keys;
  keys.integer("words", 256, {1, 1 << 24}, "how many tokens there are; 256: bytes")
      .integer("length", 64, {1, 65536}, "tokens of the input")
      .integer("positions", 0, {0, 65536}, "tokens that there are positions for; 0: as many as 'length'")
      .integer("width", 64, {1, 16384}, "width of a token")
      .integer("depth", 4, {1, 1000}, "number of blocks")
      .integer("heads", 4, {1, 1024}, "attention heads")
      .integer("mlp_ratio", 4, {1, 64}, "width of a block's hidden layer over the width of a token")
      .number("dropout", 0, {0, 1}, "share of what a block adds that is left out while training")
      .complete(check);
  struct Size {
    const char* name;
    int width, depth, heads;
  };
  for (const auto& size : {Size{"gpt2", 768, 12, 12},
                           {"gpt2-medium", 1024, 24, 16},
                           {"gpt2-large", 1280, 36, 20},
                           {"gpt2-xl", 1600, 48, 25}})
    keys.preset(size.name, {{"words", 50257},
                            {"length", 1024},
                            {"positions", 1024},
                            {"width", size.width},
                            {"depth", size.depth},
                            {"heads", size.heads},
                            {"mlp_ratio", 4}});
  return keys;
}

// The published files have no prefix; those of a model with its head begin with "transformer.". Their layers hold
// weights as [in, out].
Dialect hugging_face(const std::string& dialect, const std::string& prefix, const Config& config) {
  Dialect names(dialect);
  const Transforms transposed{Transform::transpose({1, 0})};
  const auto layer = [&](const std::string& foreign, const std::string& canonical) {
    names.tensor(foreign + ".weight", canonical + ".weight", transposed).tensor(foreign + ".bias", canonical + ".bias");
  };
  names.layer(prefix + "wte", "token", false).layer(prefix + "wpe", "position", false);
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto ours = name("block", k), theirs = name(prefix, "h.", k), attention = ours + ".attention";
    names.layer_norm(theirs + ".ln_1", ours + ".norm1").layer_norm(theirs + ".ln_2", ours + ".norm2");
    for (const auto* part : {".weight", ".bias"})
      names.split(theirs + ".attn.c_attn" + part,
                  {attention + ".query" + part, attention + ".key" + part, attention + ".value" + part}, 0,
                  part == std::string(".weight") ? transposed : Transforms{});
    layer(theirs + ".attn.c_proj", attention + ".output");
    layer(theirs + ".mlp.c_fc", ours + ".mlp.hidden");
    layer(theirs + ".mlp.c_proj", ours + ".mlp.output");
    names.ignore(theirs + ".attn.bias").ignore(theirs + ".attn.masked_bias");  // the causal mask
  }
  return names.layer_norm(prefix + "ln_f", "norm").ignore("lm_head.weight");
}

Network describe(const Config& config) {
  const auto length = config.integer("length"), words = config.integer("words"), width = config.integer("width");
  NetworkBuilder net;
  const auto dropped = [&](const Value& x) {
    return config.number("dropout") > 0 ? net.dropout(x, config.number("dropout")) : x;
  };
  const auto tokens = net.tokens(length, words);
  std::vector<double> places(static_cast<std::size_t>(length));
  std::iota(places.begin(), places.end(), 0.0);
  const auto positions =
      net.embedding("position", net.constant({length}, places), {.words = config.integer("positions"), .width = width});
  auto x = dropped(net.add(net.embedding("token", tokens, {.words = words, .width = width}), positions));
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    const Attention causal{.heads = config.integer("heads"), .causal = true};
    x = net.add(x, dropped(self_attention(net, block + ".attention", net.layer_norm(block + ".norm1", x), causal,
                                          nullptr, kInit)));
    x = net.add(x, dropped(perceptron(net, block + ".mlp", net.layer_norm(block + ".norm2", x),
                                      config.integer("mlp_ratio") * width, &NetworkBuilder::gelu_tanh, kInit)));
  }
  net.share("head.weight", "token.weight");
  const auto head = net.linear("head", net.layer_norm("norm", x), {.out = words, .bias = false});
  return net.finish(head, Task::kSequence)
      .dialect(hugging_face("huggingface", "transformer.", config))
      .dialect(hugging_face("huggingface_base", "", config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
