#include "weightloom/tokenizer/quantizer.hpp"

#include <catch2/catch.hpp>

#include "weightloom/runtime/dataset.hpp"

namespace weightloom {
namespace {

torch::Tensor vectors(std::int64_t count, std::uint64_t seed) {
  auto generator = make_generator(seed);
  return torch::randn({count, 6}, generator);
}

double error(const ResidualQuantizer& quantizer, const torch::Tensor& x, const torch::Tensor& mask,
             std::int64_t stages) {
  const auto gap = (x - quantizer.lookup(quantizer.quantise(x, mask), stages)) * mask;
  return gap.square().sum().item<double>();
}

TEST_CASE("every stage of a residual quantiser lowers the error") {
  ResidualQuantizer quantizer(3, 16, 6, QuantizerKind::kEma);
  const auto x = vectors(400, 1), mask = torch::ones_like(x);
  quantizer.initialise(x, mask, 0);
  const double zero = x.square().sum().item<double>();
  const double one = error(quantizer, x, mask, 1), two = error(quantizer, x, mask, 2),
               three = error(quantizer, x, mask, 3);
  CHECK(one < zero);
  CHECK(two < one);
  CHECK(three < two);
}

TEST_CASE("masked places do not influence the choice of code") {
  ResidualQuantizer quantizer(2, 16, 6, QuantizerKind::kEma);
  const auto x = vectors(200, 2);
  auto mask = torch::ones_like(x);
  quantizer.initialise(x, mask, 0);
  mask.narrow(1, 3, 3).zero_();
  auto other = x.clone();
  other.narrow(1, 3, 3).fill_(100);
  CHECK(torch::equal(quantizer.quantise(x, mask), quantizer.quantise(other, mask)));
}

TEST_CASE("EMA training passes gradients straight through and lowers the error") {
  ResidualQuantizer quantizer(2, 8, 6, QuantizerKind::kEma);
  const auto x = vectors(300, 3), mask = torch::ones_like(x);
  quantizer.initialise(vectors(300, 4), mask, 0);
  const double before = error(quantizer, x, mask, 2);
  auto input = x.clone().requires_grad_();
  auto generator = make_generator(0);
  quantizer.train_step(input, mask, 1.0, generator).quantised.sum().backward();
  CHECK(torch::allclose(input.grad(), torch::ones_like(x)));
  for (int i = 0; i < 100; ++i) quantizer.train_step(x, mask, 1.0, generator);
  CHECK(error(quantizer, x, mask, 2) < before);
}

TEST_CASE("Gumbel training sends gradients into the codebooks") {
  ResidualQuantizer quantizer(2, 8, 6, QuantizerKind::kGumbel);
  const auto x = vectors(100, 5), mask = torch::ones_like(x);
  quantizer.initialise(x, mask, 0);
  auto generator = make_generator(0);
  quantizer.train_step(x, mask, 0.5, generator).commitment.backward();
  CHECK(quantizer.codebooks().grad().abs().sum().item<double>() > 0);
}

}  // namespace
}  // namespace weightloom
