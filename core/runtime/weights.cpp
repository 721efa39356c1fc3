#include "weightloom/runtime/weights.hpp"

#include <cmath>
#include <cstring>
#include <utility>

#include "weightloom/base/random.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/init.hpp"

namespace weightloom {
namespace {

template <typename Change>
Weights changed(const Weights& weights, Change change) {
  Weights out;
  out.tensors.reserve(weights.tensors.size());
  for (const auto& tensor : weights.tensors) out.tensors.push_back(change(tensor));
  return out;
}

// Fills one fresh value of `spec`.
void draw_parameter(const ParameterSpec& spec, torch::Tensor& out, torch::Generator& generator) {
  const auto [fan_in, fan_out] = fans(spec.shape);
  const double value = spec.init.value;
  const auto uniform = [&](double bound) { out.uniform_(-bound, bound, generator); };
  switch (spec.init.kind) {
    case Init::Kind::kZeros:
      out.zero_();
      break;
    case Init::Kind::kOnes:
      out.fill_(1.0);
      break;
    case Init::Kind::kConstant:
      out.fill_(value);
      break;
    case Init::Kind::kNormal:
      out.normal_(0.0, value, generator);
      break;
    case Init::Kind::kTruncatedNormal: {
      // Inverse of the normal distribution function, over the part within two standard deviations.
      const double edge = std::erf(std::sqrt(2.0));
      out.uniform_(-edge, edge, generator).erfinv_().mul_(value * std::sqrt(2.0)).clamp_(-2 * value, 2 * value);
      break;
    }
    case Init::Kind::kUniform:
      uniform(value);
      break;
    case Init::Kind::kKaimingNormal:
      out.normal_(0.0, value / std::sqrt(fan_in), generator);
      break;
    case Init::Kind::kKaimingUniform:
      uniform(value * std::sqrt(3.0 / fan_in));
      break;
    case Init::Kind::kXavierUniform:
      uniform(value * std::sqrt(6.0 / (fan_in + fan_out)));
      break;
  }
}

// Undefined where LibTorch has none.
torch::ScalarType scalar_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return torch::kFloat32;
    case DType::kF64:
      return torch::kFloat64;
    case DType::kF16:
      return torch::kFloat16;
    case DType::kBF16:
      return torch::kBFloat16;
    case DType::kI64:
      return torch::kInt64;
    case DType::kI32:
      return torch::kInt32;
    case DType::kI16:
      return torch::kInt16;
    case DType::kI8:
      return torch::kInt8;
    case DType::kU8:
      return torch::kUInt8;
    default:
      return torch::ScalarType::Undefined;
  }
}

std::string mismatches(const NetworkDescription& description, const TensorMap& tensors) {
  std::string problems;
  const auto report = [&](const std::string& problem) { problems += (problems.empty() ? "" : "; ") + problem; };
  for (const auto& spec : description.parameters) {
    const auto found = tensors.find(spec.name);
    if (found == tensors.end()) {
      report("'" + spec.name + "' " + to_string(spec.shape) + " is missing");
    } else if (found->second.shape != spec.shape) {
      report("'" + spec.name + "' has shape " + to_string(found->second.shape) + ", expected " + to_string(spec.shape));
    } else if (!c10::isFloatingType(scalar_type(found->second.dtype))) {
      report("'" + spec.name + "' has dtype " + std::string(dtype_name(found->second.dtype)) +
             ", expected F32, F16, BF16 or F64");
    }
  }
  for (const auto& [name, tensor] : tensors)
    if (!description.find_parameter(name)) report("'" + name + "' " + to_string(tensor.shape) + " is unexpected");
  return problems;
}

}  // namespace

Weights Weights::clone() const {
  return changed(*this, [](const torch::Tensor& tensor) { return tensor.clone(); });
}
Weights Weights::detach() const {
  return changed(*this, [](const torch::Tensor& tensor) { return tensor.detach(); });
}
Weights Weights::select(const torch::Tensor& indices) const {
  return changed(*this, [&](const torch::Tensor& tensor) { return tensor.index_select(0, indices); });
}
Weights Weights::member(std::int64_t index) const {
  return changed(*this, [&](const torch::Tensor& tensor) { return tensor.narrow(0, index, 1); });
}
Weights Weights::repeat(std::int64_t times) const {
  return changed(*this, [&](const torch::Tensor& tensor) { return tensor.repeat_interleave(times, 0); });
}

Weights concatenate(const std::vector<Weights>& parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts.front();
  Weights out;
  for (std::size_t i = 0; i < parts.front().tensors.size(); ++i) {
    std::vector<torch::Tensor> pieces;
    for (const auto& part : parts) pieces.push_back(part.tensors[i]);
    out.tensors.push_back(torch::cat(pieces, 0));
  }
  return out;
}

Weights mean(const Weights& members) {
  Weights out;
  for (const auto& tensor : members.tensors) out.tensors.push_back(tensor.mean(0, /*keepdim=*/true));
  return out;
}

Weights initial_weights(const NetworkDescription& description, std::int64_t population, std::uint64_t seed,
                        const ComputeOptions& options) {
  return translate_torch_errors("draw initial weights", [&] {
    const torch::NoGradGuard no_grad;
    Weights out;
    for (const auto& spec : description.parameters) {
      auto shape = spec.shape;
      shape.insert(shape.begin(), population);
      auto values = torch::empty(shape, ComputeOptions{}.floats());
      for (std::int64_t p = 0; p < population; ++p) {
        auto generator = make_generator(derive_seed(derive_seed(seed, std::to_string(p)), spec.name));
        auto member = values[p];
        draw_parameter(spec, member, generator);
      }
      out.tensors.push_back(values.to(options.floats()));
    }
    return out;
  });
}

torch::Tensor to_float_tensor(const HostTensor& tensor, const ComputeOptions& options) {
  const auto type = scalar_type(tensor.dtype);
  if (type == torch::ScalarType::Undefined)
    throw Error(ErrorCode::kRefused, "weights.dtype",
                "cannot use a tensor of dtype " + std::string(dtype_name(tensor.dtype)),
                "expected floating-point numbers or integers");
  return translate_torch_errors("convert a tensor", [&] {
    const auto view = torch::from_blob(const_cast<std::byte*>(tensor.bytes.data()), tensor.shape, type);
    return view.to(options.floats(), /*non_blocking=*/false, /*copy=*/true);
  });
}

Weights to_weights(const NetworkDescription& description, const TensorMap& tensors, const ComputeOptions& options) {
  if (const auto problems = mismatches(description, tensors); !problems.empty())
    throw Error(ErrorCode::kRefused, "weights.mismatch", "the tensors do not fit '" + description.label() + "'",
                problems);
  Weights out;
  for (const auto& spec : description.parameters)
    out.tensors.push_back(to_float_tensor(tensors.at(spec.name), options).unsqueeze(0));
  return out;
}

TensorMap to_tensor_map(const NetworkDescription& description, const Weights& weights, std::int64_t index) {
  return to_tensor_map(description, weights.member(index));
}

TensorMap to_tensor_map(const NetworkDescription& description, Weights&& network) {
  TensorMap out;
  for (std::size_t i = 0; i < description.parameters.size(); ++i) {
    const auto& spec = description.parameters[i];
    const auto values = std::exchange(network.tensors[i], {})[0].detach().to(ComputeOptions{}.floats()).contiguous();
    out.emplace(spec.name,
                HostTensor::from_f32(spec.shape, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())}));
  }
  return out;
}

}  // namespace weightloom
