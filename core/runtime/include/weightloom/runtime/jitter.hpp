#pragma once
// Images as they might as well have been taken: what tells their classes apart survives.

#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// Copies of `images` [N, C, H, W], each turned by up to 10 degrees, scaled by up to a tenth and moved by up to a
// fourteenth of the side, uniformly and independently; the border is repeated where nothing is known. Bilinear.
// [copies, N, C, H, W]. The generator is one on the CPU.
torch::Tensor jittered(const torch::Tensor& images, std::int64_t copies, torch::Generator& generator);

}  // namespace weightloom
