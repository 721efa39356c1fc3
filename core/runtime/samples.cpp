#include "weightloom/runtime/samples.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

#include "operators.hpp"
#include "weightloom/compute/options.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/graph.hpp"

namespace weightloom {
namespace {

// These put values elsewhere and change none.
constexpr std::array<std::string_view, 6> kMovers{"flatten", "reshape", "permute", "select", "slice", "concat"};

bool moves(const NodeSpec& node) {
  return std::ranges::find(kMovers, node.op) != kMovers.end();
}

// Follows the places of the input to where words are looked up.
class WordsOfPlaces {
 public:
  explicit WordsOfPlaces(const NetworkDescription& description)
      : description_(description), facts_(analyse(description)) {
    const auto& input = description.input;
    words_ = torch::full(input.shape, input.tokens, torch::kInt64).flatten();
    places_[input.name] = torch::arange(words_.numel(), torch::kInt64).view(with_sample(input.shape));
    for (const auto& node : description.nodes) {
      if (node.op == "embedding") bound(node);
      if (moves(node) && std::ranges::any_of(node.inputs, [&](const auto& name) { return places_.contains(name); }))
        places_[node.name] = move(node);
    }
  }

  // How many words there are for each place, 0: none; of the input's shape.
  torch::Tensor words() const { return words_.view(description_.input.shape); }

 private:
  static Shape with_sample(Shape shape) {
    shape.insert(shape.begin(), 1);
    return shape;
  }

  // Where each value stands in the input; -1: nowhere.
  torch::Tensor places(const std::string& value) const {
    const auto found = places_.find(value);
    return found != places_.end() ? found->second
                                  : torch::full(with_sample(facts_.shapes.at(value)), -1, torch::kInt64);
  }

  torch::Tensor move(const NodeSpec& node) const {
    const ExecutionMode mode;
    const std::vector<std::size_t> no_parameters;
    const ExecutionContext context{mode, 1, nullptr};
    OperatorArguments arguments{{}, {}, no_parameters, context};
    for (const auto& input : node.inputs) arguments.inputs.push_back({places(input), true});
    return bind_operator(node)(arguments).tensor;
  }

  void bound(const NodeSpec& node) {
    const auto all = places(node.inputs.front()).flatten();
    const auto read = all.masked_select(all >= 0);
    const auto rows = description_.parameters[description_.find_parameter(*node.parameter("weight")).value()].shape[0];
    const auto before = words_.index_select(0, read);
    words_.index_copy_(0, read, torch::where(before > 0, before.clamp_max(rows), torch::full_like(before, rows)));
  }

  const NetworkDescription& description_;
  GraphFacts facts_;
  torch::Tensor words_;
  std::unordered_map<std::string, torch::Tensor> places_;
};

}  // namespace

torch::Tensor random_samples(const NetworkDescription& description, std::int64_t count, torch::Generator& generator) {
  return translate_torch_errors("draw samples", [&] {
    auto shape = description.input.shape;
    shape.insert(shape.begin(), count);
    const auto words = WordsOfPlaces(description).words();
    const auto normal = torch::randn(shape, generator, ComputeOptions().floats());
    if (words.max().item<std::int64_t>() == 0) return normal;
    // In double precision: the product with many words must not round up to their number.
    const auto drawn = (torch::rand(shape, generator, torch::kFloat64) * words).floor();
    return torch::where(words > 0, drawn.to(normal.dtype()), normal);
  });
}

}  // namespace weightloom
