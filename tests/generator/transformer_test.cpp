#include "weightloom/generator/transformer.hpp"

#include <catch2/catch.hpp>

#include "weightloom/runtime/dataset.hpp"

namespace weightloom {
namespace {

torch::Tensor input(std::int64_t size) {
  auto generator = make_generator(3);
  return torch::randn({2, size, 16}, generator);
}

TEST_CASE("a position sees the prefix, itself and what stands before it, nothing else") {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(0);
  Transformer model(16, 2, 4, generator);
  const auto x = input(9);
  auto changed = x.clone();
  changed.select(1, 6).neg_();
  const auto before = model.forward(x, 3), after = model.forward(changed, 3);
  CHECK(torch::allclose(before.narrow(1, 0, 6), after.narrow(1, 0, 6)));
  CHECK_FALSE(torch::allclose(before.select(1, 6), after.select(1, 6)));
  auto prefix_changed = x.clone();
  prefix_changed.select(1, 2).neg_();
  CHECK_FALSE(torch::allclose(before.select(1, 0), model.forward(prefix_changed, 3).select(1, 0)));
}

TEST_CASE("piecewise passes with a cache give what one pass gives") {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(0);
  Transformer model(16, 2, 4, generator);
  const auto x = input(9);
  const auto whole = model.forward(x, 3);
  AttentionCache cache;
  const auto first = model.extend(x.narrow(1, 0, 3), cache, 3, 3);
  const auto second = model.extend(x.narrow(1, 3, 4), cache, 2);  // two of four positions are final
  const auto third = model.extend(x.narrow(1, 5, 4), cache, 4);
  CHECK(torch::allclose(first, whole.narrow(1, 0, 3), 1e-4, 1e-5));
  CHECK(torch::allclose(second, whole.narrow(1, 3, 4), 1e-4, 1e-5));
  CHECK(torch::allclose(third, whole.narrow(1, 5, 4), 1e-4, 1e-5));
}

}  // namespace
}  // namespace weightloom
