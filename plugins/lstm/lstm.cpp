// Recurrent classifiers of sequences (Hochreiter and Schmidhuber 1997; Cho et al. 2014): layers of LSTM or GRU cells
// over tokens, or over an image row by row, and a head on where they end.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

bool reads_tokens(const Config& config) {
  return config.integer("words") > 0;
}
bool both_ways(const Config& config) {
  return config.boolean("bidirectional");
}

ConfigSchema schema() {
  return image_keys(1, 28, 10)
      .integer("words", 0, {0, 1 << 24}, "how many tokens there are; 0: the sequence is an image's rows")
      .integer("length", 64, {1, 65536}, "tokens of the input, where there are tokens")
      .integer("embedding", 32, {1, 16384}, "width of a token, where there are tokens")
      .choice("cell", "lstm", {"lstm", "gru"}, "what a layer remembers with")
      .integer("width", 32, {1, 16384}, "units of each layer and direction")
      .integer("depth", 1, {1, 100}, "number of layers")
      .boolean("bidirectional", false, "layers read from the end as well")
      .keywords({"long short-term memory", "recurrent network"})
      .preset("rows", {{"size", 28}, {"channels", 1}, {"width", 64}})
      .preset("text", {{"words", 10000}, {"length", 200}, {"embedding", 64}, {"width", 128}, {"bidirectional", true}});
}

// The sequence, [T, I].
Value sequence(NetworkBuilder& net, const Config& config) {
  if (reads_tokens(config))
    return net.embedding("token", net.tokens(config.integer("length"), config.integer("words")),
                         {.words = config.integer("words"), .width = config.integer("embedding")});
  const auto image = input_image(net, config);
  return net.reshape(net.permute(image, {1, 0, 2}), {image.shape[1], image.shape[0] * image.shape[2]});
}

Dialect pytorch(const Config& config) {
  Dialect names("pytorch");
  if (reads_tokens(config)) names.layer("embedding", "token", false);
  for (std::int64_t k = 0; k < config.integer("depth"); ++k)
    for (const bool reverse : {false, true}) {
      if (reverse && !both_ways(config)) continue;
      const auto ours = name("block", k, reverse ? ".backward" : ".forward");
      const auto theirs = [&](const char* part) {
        return name(config.text("cell"), ".", part, "_l", k, reverse ? "_reverse" : "");
      };
      names.tensor(theirs("weight_ih"), ours + ".weight")
          .tensor(theirs("weight_hh"), ours + ".hidden_weight")
          .tensor(theirs("bias_ih"), ours + ".bias")
          .tensor(theirs("bias_hh"), ours + ".hidden_bias");
    }
  return names.layer("fc", "head");
}

Network describe(const Config& config) {
  NetworkBuilder net;
  const auto layer = [&](const std::string& block, const Value& x, bool reverse) {
    const Recurrent options{.units = config.integer("width"), .reverse = reverse};
    return config.text("cell") == "lstm" ? net.lstm(block, x, options) : net.gru(block, x, options);
  };
  auto x = sequence(net, config);
  const auto length = x.shape[0];
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    // Of the last layer what counts is where each direction has read everything.
    const auto seen = [&](const Value& y, std::int64_t end) {
      return k + 1 == config.integer("depth") ? net.select(y, 0, end) : y;
    };
    const auto forward = seen(layer(name("block", k, ".forward"), x, false), length - 1);
    if (both_ways(config)) {
      const auto backward = seen(layer(name("block", k, ".backward"), x, true), 0);
      x = net.concat({forward, backward}, static_cast<std::int64_t>(forward.shape.size()) - 1);
    } else {
      x = forward;
    }
  }
  return net.classifier("head", x, config.integer("classes")).dialect(pytorch(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
