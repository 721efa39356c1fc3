#pragma once
// LibTorch modules and tensors as plain tensor maps, the form in which they are stored.

#include <torch/torch.h>

#include <string>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// float32, int64 and uint8 tensors; copies.
HostTensor to_host(const torch::Tensor& tensor);
torch::Tensor to_torch(const HostTensor& tensor);

// All parameters of `module` as "<prefix><name>".
void collect_parameters(const torch::nn::Module& module, const std::string& prefix, TensorMap& out);
// The reverse; throws kRefused "model.tensors" when one is missing or has another shape.
void restore_parameters(torch::nn::Module& module, const std::string& prefix, const TensorMap& tensors);

}  // namespace weightloom
