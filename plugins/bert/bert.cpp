// BERT (Devlin et al. 2019) and its small relatives (MiniLM, Wang et al. 2020): post-norm blocks whose tokens all see
// each other. Every token is one of the text: a shorter text needs a network of a smaller `length`.
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr Norm kNorm{.eps = 1e-12};
const Init kInit = Init::normal(0.02);

bool classifies(const Config& config) {
  return config.text("task") == "classification";
}
bool pools(const Config& config) {
  return config.text("pooling") == "pooler";
}

void check(Config& config) {
  if (config.integer("positions") == 0) config.set("positions", config.integer("length"));
  if (config.integer("length") > config.integer("positions"))
    throw ConfigError("length", "is larger than 'positions'", "use at most " + config.json().find("positions")->dump());
  expect_divisor(config, "heads", "width");
}

ConfigSchema schema() {
  ConfigSchema keys;
  keys.choice("task", "classification", {"classification", "embedding"}, "a class, or a vector, for each text")
      .integer("classes", 2, {1, 100000}, "number of classes")
      .choice("pooling", "pooler", {"pooler", "first", "mean"},
              "what stands for the text: the first token through a layer, as it is, or the mean of all tokens")
      .integer("words", 256, {1, 1 << 24}, "how many tokens there are; 256: bytes")
      .integer("length", 64, {1, 65536}, "tokens of the input")
      .integer("positions", 0, {0, 65536}, "tokens that there are positions for; 0: as many as 'length'")
      .integer("types", 2, {1, 64}, "token types, of which all tokens have the first")
      .integer("width", 64, {1, 16384}, "width of a token")
      .integer("depth", 2, {1, 1000}, "number of blocks")
      .integer("heads", 4, {1, 1024}, "attention heads")
      .integer("hidden", 256, {1, 65536}, "width of a block's hidden layer")
      .complete(check);
  struct Size {
    const char *name, *pooling;
    int width, depth, heads, hidden;
  };
  for (const auto& size : {Size{"tiny", "pooler", 128, 2, 2, 512},
                           {"base", "pooler", 768, 12, 12, 3072},
                           {"large", "pooler", 1024, 24, 16, 4096},
                           {"minilm-l6", "mean", 384, 6, 12, 1536},
                           {"minilm-l12", "mean", 384, 12, 12, 1536}})
    keys.preset(size.name, {{"task", "embedding"},
                            {"pooling", size.pooling},
                            {"words", 30522},
                            {"length", 128},
                            {"positions", 512},
                            {"types", 2},
                            {"width", size.width},
                            {"depth", size.depth},
                            {"heads", size.heads},
                            {"hidden", size.hidden}});
  return keys;
}

// `scale`, `shift`: what the checkpoint calls the two of a layer norm.
struct Spelling {
  std::string dialect, prefix, scale = ".weight", shift = ".bias";
};

Dialect hugging_face(const Config& config, const Spelling& their) {
  Dialect names(their.dialect);
  const auto norm = [&](const std::string& foreign, const std::string& canonical) {
    names.tensor(foreign + their.scale, canonical + ".scale").tensor(foreign + their.shift, canonical + ".shift");
  };
  const auto embeddings = their.prefix + "embeddings.";
  names.layer(embeddings + "word_embeddings", "token", false)
      .layer(embeddings + "position_embeddings", "position", false)
      .layer(embeddings + "token_type_embeddings", "type", false)
      .ignore(embeddings + "position_ids");
  norm(embeddings + "LayerNorm", "norm");
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto ours = name("block", k), theirs = name(their.prefix, "encoder.layer.", k);
    for (const auto* part : {".query", ".key", ".value"})
      names.layer(theirs + ".attention.self" + part, ours + ".attention" + part);
    names.layer(theirs + ".attention.output.dense", ours + ".attention.output")
        .layer(theirs + ".intermediate.dense", ours + ".mlp.hidden")
        .layer(theirs + ".output.dense", ours + ".mlp.output");
    norm(theirs + ".attention.output.LayerNorm", ours + ".norm1");
    norm(theirs + ".output.LayerNorm", ours + ".norm2");
  }
  const auto pooler = their.prefix + "pooler.dense";
  if (pools(config))
    names.layer(pooler, "pooler");
  else
    names.ignore(pooler + ".weight").ignore(pooler + ".bias");
  return classifies(config) ? names.layer("classifier", "head") : names;
}

// As pretraining left it: the heads of its two tasks are dropped.
Dialect pretraining(const Config& config) {
  auto names = hugging_face(config, {"huggingface_pretraining", "bert.", ".gamma", ".beta"});
  for (const auto* tensor :
       {"predictions.bias", "predictions.transform.dense.weight", "predictions.transform.dense.bias",
        "predictions.transform.LayerNorm.gamma", "predictions.transform.LayerNorm.beta", "predictions.decoder.weight",
        "predictions.decoder.bias", "seq_relationship.weight", "seq_relationship.bias"})
    names.ignore(std::string("cls.") + tensor);
  return names;
}

// The numbers 0 to count - 1, looked up: the positions, and the first token type.
Value looked_up(NetworkBuilder& net, const std::string& layer, std::int64_t count, Embedding options) {
  std::vector<double> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return net.embedding(layer, net.constant({count}, numbers), options);
}

Value encoded(NetworkBuilder& net, const Config& config) {
  const auto length = config.integer("length"), words = config.integer("words"), width = config.integer("width");
  auto x = net.embedding("token", net.tokens(length, words), {.words = words, .width = width});
  x = net.add(x, looked_up(net, "position", length, {.words = config.integer("positions"), .width = width}));
  x = net.add(x, looked_up(net, "type", 1, {.words = config.integer("types"), .width = width}));
  x = net.layer_norm("norm", x, kNorm);
  for (std::int64_t k = 0; k < config.integer("depth"); ++k) {
    const auto block = name("block", k);
    const Attention attention{.heads = config.integer("heads")};
    x = net.add(x, self_attention(net, block + ".attention", x, attention, nullptr, kInit));
    x = net.layer_norm(block + ".norm1", x, kNorm);
    x = net.add(x, perceptron(net, block + ".mlp", x, config.integer("hidden"), &NetworkBuilder::gelu, kInit));
    x = net.layer_norm(block + ".norm2", x, kNorm);
  }
  return x;
}

Network describe(const Config& config) {
  NetworkBuilder net;
  auto x = encoded(net, config);
  x = config.text("pooling") == "mean" ? net.mean(x, 0) : net.select(x, 0, 0);
  if (pools(config)) x = net.tanh(net.linear("pooler", x, {.out = config.integer("width"), .init = kInit}));
  if (classifies(config))
    return net.classifier("head", x, config.integer("classes"), kInit)
        .dialect(hugging_face(config, {"huggingface", "bert."}));
  return net.finish(x, Task::kEmbedding)
      .dialect(hugging_face(config, {"huggingface", ""}))
      .dialect(pretraining(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
