#include "weightloom/compute/module_io.hpp"

#include <cstring>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

DType host_dtype(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat32:
      return DType::kF32;
    case torch::kFloat64:
      return DType::kF64;
    case torch::kInt64:
      return DType::kI64;
    case torch::kUInt8:
      return DType::kU8;
    default:
      throw Error(ErrorCode::kUsage, "tensor.dtype", std::string("cannot store a tensor of type ") + toString(type));
  }
}

torch::ScalarType torch_dtype(DType type) {
  switch (type) {
    case DType::kF32:
      return torch::kFloat32;
    case DType::kF64:
      return torch::kFloat64;
    case DType::kI64:
      return torch::kInt64;
    case DType::kU8:
      return torch::kUInt8;
    default:
      throw Error(ErrorCode::kRefused, "tensor.dtype",
                  "unexpected dtype " + std::string(dtype_name(type)) + " in a model file");
  }
}

}  // namespace

HostTensor to_host(const torch::Tensor& tensor) {
  const auto flat = tensor.detach().cpu().contiguous();
  HostTensor out{host_dtype(flat.scalar_type()), flat.sizes().vec(), std::vector<std::byte>(flat.nbytes())};
  std::memcpy(out.bytes.data(), flat.data_ptr(), flat.nbytes());
  return out;
}

torch::Tensor to_torch(const HostTensor& tensor) {
  auto out = torch::empty(tensor.shape, torch_dtype(tensor.dtype));
  std::memcpy(out.data_ptr(), tensor.bytes.data(), tensor.bytes.size());
  return out;
}

std::vector<double> to_vector(const torch::Tensor& tensor) {
  const auto values = tensor.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

void check_tensor(const TensorMap& tensors, const std::string& name, const Shape& shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.shape != shape)
    throw Error(ErrorCode::kRefused, "model.tensors", "cannot restore tensor '" + name + "'",
                found == tensors.end()
                    ? "it is missing from the file"
                    : "the file has shape " + to_string(found->second.shape) + ", expected " + to_string(shape));
}

void collect_parameters(const Module& module, const std::string& prefix, TensorMap& out) {
  for (const auto& [name, parameter] : module.named_parameters()) out[prefix + name] = to_host(parameter);
}

void restore_parameters(Module& module, const std::string& prefix, const TensorMap& tensors) {
  torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : module.named_parameters()) {
    check_tensor(tensors, prefix + name, parameter.sizes().vec());
    parameter.copy_(to_torch(tensors.at(prefix + name)));
  }
}

}  // namespace weightloom
