#include "weightloom/generator/condition.hpp"

#include <catch2/catch.hpp>

#include "weightloom/runtime/dataset.hpp"

namespace weightloom {

TEST_CASE("the discriminant separates well separated classes") {
  auto generator = make_generator(5);
  const auto centres = torch::randn({1, 4, 1, 10}, generator) * 4;
  const auto features = centres + torch::randn({1, 4, 20, 10}, generator);
  const auto fit = linear_discriminant(features);
  const auto fresh = (centres + torch::randn({1, 4, 50, 10}, generator)).flatten(1, 2);
  const auto said = (fresh.matmul(fit.weight.transpose(1, 2)) + fit.bias.unsqueeze(1)).argmax(-1).view({4, 50});
  const auto truth = torch::arange(4).unsqueeze(1).expand({4, 50});
  CHECK((said == truth).to(torch::kFloat32).mean().item<double>() > 0.97);
}

TEST_CASE("thumbnails are grey and 14 x 14 whatever the image") {
  CHECK(thumbnails(torch::ones({2, 3, 32, 32})).sizes() == torch::IntArrayRef({2, kThumbnail}));
  CHECK(torch::allclose(thumbnails(torch::ones({1, 1, 4, 4})), torch::ones({1, kThumbnail})));
}

}  // namespace weightloom
