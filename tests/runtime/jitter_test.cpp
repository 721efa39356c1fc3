#include "weightloom/runtime/jitter.hpp"

#include <catch2/catch.hpp>

using namespace weightloom;

TEST_CASE("jittered copies are like their images, each in its own way", "[jitter]") {
  auto draws = make_generator(1);
  // A bright square of a third of the side.
  auto images = torch::zeros({3, 2, 21, 21});
  images.slice(2, 7, 14).slice(3, 7, 14).fill_(1.0);
  const auto copies = jittered(images, 5, draws);
  REQUIRE(copies.sizes() == torch::IntArrayRef({5, 3, 2, 21, 21}));
  const auto light = copies.flatten(2).mean(2), before = images.flatten(1).mean(1);
  // Scaled by up to a tenth either way.
  CHECK((light / before).max().item<double>() < 1.3);
  CHECK((light / before).min().item<double>() > 0.75);
  CHECK(copies.select(3, 10).select(3, 10).min().item<double>() == Approx(1.0));  // the middle stays inside
  CHECK((copies[0][0] - copies[1][0]).abs().max().item<double>() > 0.1);
  CHECK((copies[0][0] - copies[0][1]).abs().max().item<double>() > 0.1);
}

TEST_CASE("jitter repeats for a generator and keeps what has no shape", "[jitter]") {
  auto first = make_generator(3), second = make_generator(3);
  const auto images = torch::rand({2, 1, 9, 9});
  CHECK(torch::equal(jittered(images, 2, first), jittered(images, 2, second)));
  // The border is repeated: an even image stays even.
  CHECK(torch::allclose(jittered(torch::full({1, 1, 8, 8}, 0.7), 4, first), torch::full({4, 1, 1, 8, 8}, 0.7)));
}
