#pragma once
// LibTorch modules and tensors as plain tensor maps, the form in which they are stored.

#include <torch/torch.h>

#include <string>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// A copy of `tensor`, which may be on any device and of type float32, float64, int64 or uint8; throws kUsage
// "tensor.dtype" for another one.
HostTensor to_host(const torch::Tensor& tensor);
// A copy on the CPU, of the same types; throws kRefused "tensor.dtype" for another one.
torch::Tensor to_torch(const HostTensor& tensor);

// All parameters of `module` as "<prefix><name>", copied.
void collect_parameters(const torch::nn::Module& module, const std::string& prefix, TensorMap& out);
// The reverse, in place; `tensors` may hold more. Throws kRefused "model.tensors" when one is missing or has another
// shape; some parameters may have been written by then.
void restore_parameters(torch::nn::Module& module, const std::string& prefix, const TensorMap& tensors);

}  // namespace weightloom
