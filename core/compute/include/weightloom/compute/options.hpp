#pragma once
// Where and in which type to compute: the one value that is passed to whatever makes tensors from nothing. All else
// follows the tensors that it is given.

#include "weightloom/compute/torch.hpp"

namespace weightloom {

struct ComputeOptions {
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat32;  // of weights, images and everything computed from them
  int threads = 0;                            // of one operation, for set_threads(); 0: one for each core

  torch::TensorOptions floats() const { return torch::TensorOptions(dtype).device(device); }
  // Labels, tokens, places: int64 whatever `dtype` is.
  torch::TensorOptions indices() const { return torch::TensorOptions(torch::kInt64).device(device); }
};

// Those that made `tensor`, threads aside.
inline ComputeOptions options_of(const torch::Tensor& tensor) {
  return {tensor.device(), tensor.scalar_type()};
}

// For places in, labels of, or choices among what `tensor` holds: int64 on its device.
inline torch::TensorOptions indices_like(const torch::Tensor& tensor) {
  return tensor.options().dtype(torch::kInt64);
}

}  // namespace weightloom
