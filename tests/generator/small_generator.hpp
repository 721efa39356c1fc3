#pragma once
// A generator that knows nothing, for networks on [1, 4, 4] images, and conditions for it.

#include "../support/small_networks.hpp"
#include "../support/small_tokenizer.hpp"
#include "weightloom/generator/model.hpp"
#include "weightloom/runtime/dataset.hpp"

namespace weightloom::test {

inline std::shared_ptr<const Tokenizer> small_tokenizer() {
  auto generator = make_generator(1);
  auto tokenizer = std::make_shared<Tokenizer>(small_tokenizer_config(), std::vector<Anchor>{},
                                               torch::randn({16, 1, 4, 4}, generator));
  const auto plan = tokenizer->plan(small_mlp(2));
  const auto chunks = tokenizer->normalise(*plan, initial_weights(plan->description(), 10, 0)).chunks;
  tokenizer->model().quantizer->initialise(chunks.reshape({-1, 8}), plan->mask().expand_as(chunks).reshape({-1, 8}), 0);
  return tokenizer;
}

inline Condition examples(const NetworkPlan& plan, std::int64_t batch) {
  auto generator = make_generator(2);
  const auto features = torch::randn({batch, 3, 5, 8}, generator);
  return example_condition(plan, torch::randn({batch, 3, 5, kThumbnail}, generator), features);
}

struct SmallGenerator {
  std::shared_ptr<const Tokenizer> tokenizer = small_tokenizer();
  GeneratorModel model;

  explicit SmallGenerator(GenerationOrder order = GenerationOrder::kTensor)
      : SmallGenerator(order, make_generator(0)) {}

  // Breaks the symmetry of the zero-initialised heads, so that sampling depends on the hidden state.
  void shake() {
    torch::NoGradGuard no_grad;
    auto generator = make_generator(9);
    for (auto& parameter : model.parameters()) parameter.add_(torch::randn(parameter.sizes(), generator) * 0.1);
  }

 private:
  SmallGenerator(GenerationOrder order, torch::Generator draws) : model({16, 2, 4, 8, order}, tokenizer, draws) {}
};

}  // namespace weightloom::test
