#pragma once
// The layers of torch::nn that the models are made of. Start values are drawn from a generator that is passed in:
// torch::nn draws from the process-wide one. Names of parameters, values drawn and results are those of torch::nn.

#include <cstdint>

#include "weightloom/compute/module.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// x [..., in] -> x weight^T + bias [..., out]. float32 on the CPU until moved with to().
class LinearImpl : public Module {
 public:
  // weight [out, in], then bias [out]: uniform in +-1 / sqrt(in) (He et al. 2015, equation 10, for a leaky rectifier
  // of slope sqrt(5), as in torch::nn::Linear).
  LinearImpl(std::int64_t in, std::int64_t out, torch::Generator& generator, bool with_bias = true);
  torch::Tensor forward(const torch::Tensor& x) const { return torch::linear(x, weight, bias); }

  torch::Tensor weight, bias;  // bias: undefined without one
};
using Linear = ModuleHandle<LinearImpl>;

// x [..., width] with mean 0 and variance 1 over the last dimension, times weight plus bias [width] (Ba et al. 2016).
// Starts as ones and zeros. float32 on the CPU until moved with to().
class LayerNormImpl : public Module {
 public:
  explicit LayerNormImpl(std::int64_t width);
  torch::Tensor forward(const torch::Tensor& x) const { return torch::layer_norm(x, weight.sizes(), weight, bias); }

  torch::Tensor weight, bias;
};
using LayerNorm = ModuleHandle<LayerNormImpl>;

// indices [...] int64 -> rows of weight, [..., width]. Rows are drawn from the standard normal distribution.
class EmbeddingImpl : public Module {
 public:
  EmbeddingImpl(std::int64_t rows, std::int64_t width, torch::Generator& generator);
  torch::Tensor forward(const torch::Tensor& indices) const { return torch::embedding(weight, indices); }

  torch::Tensor weight;  // [rows, width]
};
using Embedding = ModuleHandle<EmbeddingImpl>;

}  // namespace weightloom
