#pragma once
// LibTorch modules and tensors as plain tensor maps, the form in which they are stored.

#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/compute/module.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// A copy of `tensor`, which may be on any device and of type float32, float64, int64 or uint8; throws kUsage
// "tensor.dtype" for another one.
HostTensor to_host(const torch::Tensor& tensor);
// A copy on the CPU, of the same types; throws kRefused "tensor.dtype" for another one.
torch::Tensor to_torch(const HostTensor& tensor);

// All values of `tensor`, of any numeric type, row by row.
std::vector<double> to_vector(const torch::Tensor& tensor);

// Throws kRefused "model.tensors" unless `tensors` has `name` in that shape.
void check_tensor(const TensorMap& tensors, const std::string& name, const Shape& shape);

// All parameters of `module` as "<prefix><name>", copied.
void collect_parameters(const Module& module, const std::string& prefix, TensorMap& out);
// The reverse, in place; `tensors` may hold more. Throws kRefused "model.tensors" when one is missing or has another
// shape; some parameters may have been written by then.
void restore_parameters(Module& module, const std::string& prefix, const TensorMap& tensors);

}  // namespace weightloom
