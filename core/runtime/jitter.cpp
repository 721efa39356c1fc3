#include "weightloom/runtime/jitter.hpp"

#include <numbers>
#include <vector>

namespace weightloom {
namespace {

// Little enough for digits and clothes alike: nothing is mirrored, and no six becomes a nine. A move of one is half a
// side.
constexpr double kMostTurn = std::numbers::pi / 18, kMostScale = 0.1, kMostMove = 2.0 / 14;

}  // namespace

torch::Tensor jittered(const torch::Tensor& images, std::int64_t copies, torch::Generator& generator) {
  const auto count = copies * images.size(0);
  const auto draw = [&](double most) {
    return (torch::rand({count}, generator, torch::kFloat64) * 2 - 1).mul(most).to(images.options());
  };
  const auto turn = draw(kMostTurn), scale = draw(kMostScale).exp();
  const auto cos = turn.cos() * scale, sin = turn.sin() * scale;
  const auto maps = torch::stack({torch::stack({cos, -sin, draw(kMostMove)}, 1),  //
                                  torch::stack({sin, cos, draw(kMostMove)}, 1)},
                                 1);  // [count, 2, 3]
  auto shape = images.sizes().vec();
  shape[0] = count;
  const auto grid = torch::affine_grid_generator(maps, shape, /*align_corners=*/false);
  const auto repeated = images.repeat({copies, 1, 1, 1});
  constexpr std::int64_t kBilinear = 0, kBorder = 1;
  shape.insert(shape.begin(), copies);
  shape[1] = images.size(0);
  return torch::grid_sampler(repeated, grid, kBilinear, kBorder, /*align_corners=*/false).view(shape);
}

}  // namespace weightloom
