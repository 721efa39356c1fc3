// Swin transformers (Liu et al. 2021): tokens look at each other within windows, which every second block shifts by
// half of their size; patches are merged two by two between stages.
#include <optional>
#include <weightloom/sdk/blocks.hpp>
#include <weightloom/sdk/plugin.hpp>

using namespace weightloom::sdk;

namespace {

constexpr double kApart = -100;  // added to the score of tokens that a shift brought together
const Init kInit = Init::truncated_normal(0.02);

void check(Config& config) {
  settle_lists(config, {"depth", "heads"});
  expect_divisor(config, "patch", "size");
  const auto heads = config.integers("heads");
  if (heads.size() > 12) throw ConfigError("depth", "has more than 12 stages", "shorten the list");
  for (std::size_t stage = 0; stage < heads.size(); ++stage)
    if (const auto width = config.integer("width") << stage; width % heads[stage])
      throw ConfigError("heads", std::to_string(heads[stage]) + " does not divide the width " + std::to_string(width),
                        "use divisors of 'width', which doubles with each stage");
}

ConfigSchema schema() {
  auto keys = image_keys(3, 32, 10)
                  .integers("depth", {2, 2, 2}, {1, 100}, "blocks of each stage")
                  .integers("heads", {2, 4, 8}, {1, 1024}, "attention heads of each stage")
                  .integer("width", 32, {1, 8192}, "width of a token of the first stage; doubles with each")
                  .integer("patch", 2, {1, 64}, "height and width of a patch")
                  .integer("window", 4, {1, 24}, "height and width of a window, in tokens")
                  .integer("mlp_ratio", 4, {1, 64}, "width of a block's hidden layer over that of its stage")
                  .number("stochastic_depth", 0, {0, 1}, "rate at which the last block is left out while training")
                  .keywords({"shifted windows"})
                  .complete(check);
  struct Size {
    const char* name;
    Json::Array depth, heads;
    int width;
    double stochastic_depth;
  };
  for (const auto& size : {Size{"tiny", {2, 2, 6, 2}, {3, 6, 12, 24}, 96, 0.2},
                           {"small", {2, 2, 18, 2}, {3, 6, 12, 24}, 96, 0.3},
                           {"base", {2, 2, 18, 2}, {4, 8, 16, 32}, 128, 0.5}})
    keys.preset(size.name, {{"size", 224},
                            {"classes", 1000},
                            {"depth", size.depth},
                            {"heads", size.heads},
                            {"width", size.width},
                            {"patch", 4},
                            {"window", 7},
                            {"mlp_ratio", 4},
                            {"stochastic_depth", size.stochastic_depth}});
  return keys;
}

// Places move `by` towards the front, those in front to the end.
Value rolled(NetworkBuilder& net, const Value& x, std::int64_t axis, std::int64_t by) {
  const auto size = x.shape[static_cast<std::size_t>(axis)];
  if (by == 0) return x;
  return net.concat({net.slice(x, axis, by, size), net.slice(x, axis, 0, by)}, axis);
}

// For each two tokens of a window, the row of the table of relative positions.
Value relative_places(NetworkBuilder& net, std::int64_t window) {
  std::vector<double> rows;
  const auto tokens = window * window;
  for (std::int64_t query = 0; query < tokens; ++query)
    for (std::int64_t key = 0; key < tokens; ++key) {
      const auto down = query / window - key / window + window - 1, right = query % window - key % window + window - 1;
      rows.push_back(static_cast<double>(down * (2 * window - 1) + right));
    }
  return net.constant({tokens * tokens}, rows);
}

// The part of a mask along one axis of windows, [..., 1, T, T] for each of `count`: the last one alone holds tokens of
// both ends of the map.
Value apart(NetworkBuilder& net, std::int64_t window, std::int64_t shift, std::int64_t count, bool rows) {
  const auto tokens = window * window;
  std::vector<double> last;
  const auto moved = [&](std::int64_t token) { return (rows ? token / window : token % window) >= window - shift; };
  for (std::int64_t query = 0; query < tokens; ++query)
    for (std::int64_t key = 0; key < tokens; ++key) last.push_back(moved(query) == moved(key) ? 0 : kApart);
  const Shape one{1, 1, 1, tokens, tokens};
  const Shape others = rows ? Shape{count - 1, 1, 1, tokens, tokens} : Shape{1, count - 1, 1, tokens, tokens};
  return net.concat({net.constant(others, {0}), net.constant(one, last)}, rows ? 0 : 1);
}

// How windows lie on a map of [height, width] tokens, and by how much they are shifted.
struct Windows {
  std::int64_t size, rows, columns, down, right;

  Windows(std::int64_t window, const Value& x)
      : size(window),
        rows((x.shape[0] + window - 1) / window),
        columns((x.shape[1] + window - 1) / window),
        down(rows > 1 ? window / 2 : 0),
        right(columns > 1 ? window / 2 : 0) {}
  Windows unshifted() const {
    auto result = *this;
    result.down = result.right = 0;
    return result;
  }
};

// What every shifted block of a stage adds to its scores; nothing where one window holds the map.
std::optional<Value> shift_mask(NetworkBuilder& net, const Windows& w) {
  std::optional<Value> mask;
  if (w.down > 0) mask = apart(net, w.size, w.down, w.rows, true);
  if (w.right == 0) return mask;
  const auto columns = apart(net, w.size, w.right, w.columns, false);
  return mask ? net.add(*mask, columns) : columns;
}

// x: [H, W, D].
Value window_attention(NetworkBuilder& net, const std::string& layer, const Value& x, const Windows& windows,
                       std::int64_t heads, const Value& relative, const std::optional<Value>& apart_mask) {
  const auto w = windows.size, rows = windows.rows, columns = windows.columns, down = windows.down,
             right = windows.right;
  const auto height = x.shape[0], width = x.shape[1], depth = x.shape[2];
  auto y = x;
  if (rows * w > height || columns * w > width) y = net.pad(x, {0, 0, 0}, {rows * w - height, columns * w - width, 0});
  y = rolled(net, rolled(net, y, 0, down), 1, right);
  y = net.permute(net.reshape(y, {rows, w, columns, w, depth}), {0, 2, 1, 3, 4});
  y = net.reshape(y, {rows, columns, w * w, depth});

  const auto table =
      net.embedding(layer + ".position", relative, {.words = (2 * w - 1) * (2 * w - 1), .width = heads, .init = kInit});
  auto mask = net.reshape(net.permute(table, {1, 0}), {heads, w * w, w * w});
  if (apart_mask) mask = net.add(*apart_mask, mask);
  y = self_attention(net, layer, y, {.heads = heads}, &mask, kInit);

  y = net.permute(net.reshape(y, {rows, columns, w, w, depth}), {0, 2, 1, 3, 4});
  y = net.reshape(y, {rows * w, columns * w, depth});
  y = rolled(net, y, 1, right > 0 ? columns * w - right : 0);
  y = rolled(net, y, 0, down > 0 ? rows * w - down : 0);
  if (rows * w > height) y = net.slice(y, 0, 0, height);
  return columns * w > width ? net.slice(y, 1, 0, width) : y;
}

// [H, W, D] -> [H / 2, W / 2, 2 D]; an odd row or column is filled with zeros.
Value merged(NetworkBuilder& net, const std::string& layer, const Value& x) {
  const auto odd_rows = x.shape[0] % 2, odd_columns = x.shape[1] % 2;
  const auto even = odd_rows + odd_columns > 0 ? net.pad(x, {0, 0, 0}, {odd_rows, odd_columns, 0}) : x;
  const auto part = [&](std::int64_t row, std::int64_t column) {
    return net.slice(net.slice(even, 0, row, even.shape[0], 2), 1, column, even.shape[1], 2);
  };
  const auto four = net.concat({part(0, 0), part(1, 0), part(0, 1), part(1, 1)}, 2);
  return net.linear(layer + ".reduce", net.layer_norm(layer + ".norm", four),
                    {.out = 2 * x.shape[2], .bias = false, .init = kInit});
}

Dialect torchvision(const Config& config) {
  Dialect names("torchvision");
  names.layer("features.0.0", "patch").layer_norm("features.0.2", "patch_norm");
  const auto depths = config.integers("depth");
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    if (stage > 0) {
      const auto theirs = name("features.", 2 * stage), ours = name("stage", stage, ".merge");
      names.layer(theirs + ".reduction", ours + ".reduce", false).layer_norm(theirs + ".norm", ours + ".norm");
    }
    for (std::int64_t k = 0; k < depths[stage]; ++k) {
      const auto ours = name("stage", stage, ".block", k), theirs = name("features.", 2 * stage + 1, ".", k);
      names.layer_norm(theirs + ".norm1", ours + ".norm1").layer_norm(theirs + ".norm2", ours + ".norm2");
      fused_attention(names, theirs + ".attn.qkv", theirs + ".attn.proj", ours + ".attention");
      names.tensor(theirs + ".attn.relative_position_bias_table", ours + ".attention.position.weight")
          .ignore(theirs + ".attn.relative_position_index")
          .layer(theirs + ".mlp.0", ours + ".mlp.hidden")
          .layer(theirs + ".mlp.3", ours + ".mlp.output");
    }
  }
  return names.layer_norm("norm", "norm").layer("head", "head");
}

Network describe(const Config& config) {
  const auto depths = config.integers("depth"), heads = config.integers("heads");
  const auto patch = config.integer("patch");
  const auto blocks = std::accumulate(depths.begin(), depths.end(), std::int64_t{0});
  NetworkBuilder net;
  auto x = net.conv2d("patch", input_image(net, config),
                      {.out = config.integer("width"), .kernel = patch, .stride = patch, .init = kInit});
  x = net.layer_norm("patch_norm", net.permute(x, {1, 2, 0}));
  const auto relative = relative_places(net, config.integer("window"));
  std::int64_t done = 0;
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    if (stage > 0) x = merged(net, name("stage", stage, ".merge"), x);
    const Windows windows(config.integer("window"), x);
    const auto mask = depths[stage] > 1 ? shift_mask(net, windows) : std::nullopt;
    for (std::int64_t k = 0; k < depths[stage]; ++k, ++done) {
      const auto block = name("stage", stage, ".block", k);
      const auto rate = config.number("stochastic_depth") * static_cast<double>(done) /
                        static_cast<double>(std::max<std::int64_t>(blocks - 1, 1));
      const auto branch = [&](const Value& y) { return rate > 0 ? net.stochastic_depth(y, rate) : y; };
      const auto normed = net.layer_norm(block + ".norm1", x);
      x = net.add(x, branch(k % 2 == 0 ? window_attention(net, block + ".attention", normed, windows.unshifted(),
                                                          heads[stage], relative, std::nullopt)
                                       : window_attention(net, block + ".attention", normed, windows, heads[stage],
                                                          relative, mask)));
      const auto hidden = config.integer("mlp_ratio") * x.shape[2];
      x = net.add(x, branch(perceptron(net, block + ".mlp", net.layer_norm(block + ".norm2", x), hidden,
                                       &NetworkBuilder::gelu, kInit)));
    }
  }
  x = net.global_avg_pool(net.permute(net.layer_norm("norm", x), {2, 0, 1}));
  return net.classifier("head", x, config.integer("classes"), kInit).dialect(torchvision(config));
}

}  // namespace

WEIGHTLOOM_PLUGIN(schema, describe)
