#include "weightloom/generator/transformer.hpp"

#include <catch2/catch.hpp>

#include "weightloom/runtime/dataset.hpp"

namespace weightloom {
namespace {

torch::Tensor input(torch::IntArrayRef shape) {
  auto generator = make_generator(3);
  return torch::randn(shape, generator);
}

// What block 1 of two blocks of three positions makes of a context and its own positions.
torch::Tensor second_block(Transformer& model, const torch::Tensor& context, const torch::Tensor& x,
                           const torch::Tensor& seen = {}) {
  AttentionCache cache;
  model.extend(context, cache, 3);
  return model.blocks(x, torch::ones({2, 3, 3}, torch::kBool), cache, seen).select(1, 1);
}

TEST_CASE("a block sees the context and itself, no other block") {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(0);
  Transformer model(16, 2, 4, generator);
  const auto context = input({2, 5, 16}), x = input({2, 2, 3, 16});
  const auto before = second_block(model, context, x);
  const auto changed = [&](const torch::Tensor& tensor, std::int64_t at) {
    auto copy = tensor.clone();
    copy.select(1, at).neg_();
    return copy;
  };
  CHECK(torch::allclose(before, second_block(model, context, changed(x, 0)), 1e-4, 1e-6));
  CHECK_FALSE(torch::allclose(before, second_block(model, context, changed(x, 1)), 1e-2, 1e-3));
  CHECK_FALSE(torch::allclose(before, second_block(model, changed(context, 4), x), 1e-2, 1e-3));
  // What a mask hides has no influence, its later layers included.
  auto seen = torch::ones({6, 5}, torch::kBool);
  seen.select(1, 4).fill_(false);
  CHECK(torch::allclose(second_block(model, context, x, seen), second_block(model, changed(context, 4), x, seen), 1e-4,
                        1e-6));
}

TEST_CASE("a place of a block sees the places that its mask names") {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(0);
  Transformer model(16, 2, 4, generator);
  AttentionCache context;
  model.extend(input({2, 3, 16}), context, 3);
  const auto in_order = torch::ones({3, 3}, torch::kBool).tril().unsqueeze(0);
  auto x = input({2, 1, 3, 16});
  const auto before = model.blocks(x, in_order, context);
  x.select(2, 1).neg_();
  const auto after = model.blocks(x, in_order, context);
  CHECK(torch::allclose(before.select(2, 0), after.select(2, 0), 1e-4, 1e-6));
  CHECK_FALSE(torch::allclose(before.select(2, 2), after.select(2, 2), 1e-2, 1e-3));
}

TEST_CASE("a context extended in pieces is the one extended at once") {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(0);
  Transformer model(16, 2, 4, generator);
  const auto x = input({2, 9, 16});
  AttentionCache whole, pieces;
  model.extend(x, whole, 3);
  model.extend(x.narrow(1, 0, 3), pieces, 3);
  model.extend(x.narrow(1, 3, 4), pieces);
  model.extend(x.narrow(1, 7, 2), pieces);
  for (std::size_t layer = 0; layer < 2; ++layer) {
    CHECK(torch::allclose(whole.keys[layer], pieces.keys[layer], 1e-4, 1e-5));
    CHECK(torch::allclose(whole.values[layer], pieces.values[layer], 1e-4, 1e-5));
  }
}

}  // namespace
}  // namespace weightloom
