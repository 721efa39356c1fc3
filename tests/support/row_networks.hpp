#pragma once
// A data set of four rows, networks on it whose accuracy can be told by looking at them, and a tokenizer of their
// anchors.

#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "small_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/runtime/alignment.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"

namespace weightloom::test {

// A folder of 4 x 4 images: class k has its k-th row bright. `classes` of them, 4 at most; the same number of images of
// each class in the test split.
inline void write_rows(const std::filesystem::path& folder, int classes) {
  for (const auto& [part, count] : {std::pair{"train", 20}, std::pair{"test", 6}})
    for (int k = 0; k < classes; ++k) {
      const auto place = folder / part / ("row" + std::to_string(k));
      std::filesystem::create_directories(place);
      for (int i = 0; i < count; ++i) {
        std::string pixels(16, '\0');
        for (int x = 0; x < 4; ++x) pixels[static_cast<std::size_t>(4 * k + x)] = static_cast<char>(200 + i);
        write_quickly(place / (std::to_string(i) + ".pgm"), "P5 4 4 255\n" + pixels);
      }
    }
}

// small_mlp(depth) that answers answers[k] for an image with row k bright: hidden unit k is the brightness of row k,
// later blocks pass it on.
inline Weights row_network(int depth, const std::array<int, 4>& answers) {
  const NetworkDescription description = small_mlp(depth);
  Weights weights = initial_weights(description, 1, 0);
  const auto at = [&](const std::string& name) {
    return weights.tensors[*description.find_parameter(name)][0].zero_();
  };
  for (int block = 0; block < depth; ++block) {
    const std::string name = "block" + std::to_string(block) + ".linear";
    at(name + ".bias");
    auto weight = at(name + ".weight");
    for (int k = 0; k < 4; ++k)
      if (block == 0)
        weight[k].slice(0, 4 * k, 4 * k + 4).fill_(1);
      else
        weight[k][k] = 1;
  }
  at("head.bias");
  auto head = at("head.weight");
  for (int k = 0; k < 4; ++k) head[answers[static_cast<std::size_t>(k)]][k] = 1;
  return weights;
}

inline Weights right_network(int depth) {
  return row_network(depth, {0, 1, 2, 0});
}
// Takes class 2 for class 0.
inline Weights wrong_network(int depth) {
  return row_network(depth, {0, 1, 0, 0});
}

// Computes what `network`, of small_mlp(depth), computes, with its hidden units in the opposite order.
inline Weights turned_round(int depth, const Weights& network) {
  const NetworkDescription description = small_mlp(depth);
  const auto groups = symmetry_groups(description);
  std::vector<std::vector<std::int64_t>> orders;
  for (const SymmetryGroup& group : groups) {
    orders.emplace_back(static_cast<std::size_t>(group.size));
    std::iota(orders.back().rbegin(), orders.back().rend(), 0);
  }
  return permute_units(description, groups, network, orders);
}

// Knows one code, which means "no deviation": whatever is asked for, the generated network is the anchor itself. The
// anchor of family "line" is an ancestor, whose head starts at zero; that of "apart" is a whole network.
inline std::shared_ptr<const Tokenizer> anchor_tokenizer() {
  TokenizerConfig config;
  config.chunk = 8;
  config.vector_chunk = 4;
  config.codebooks = 1;
  config.codes = 1;
  config.scale_levels = 1;
  config.hidden = 8;
  auto draws = make_generator(1);
  return std::make_shared<Tokenizer>(config,
                                     std::vector<Anchor>{{"line", small_mlp(3), right_network(3), false},
                                                         {"apart", small_mlp(2), right_network(2), true}},
                                     torch::randn({16, 1, 4, 4}, draws));
}

}  // namespace weightloom::test
