#pragma once
// The layers of torch::nn whose start values are random, drawn from a generator that is passed in: torch::nn draws from
// the process-wide one. Names of parameters, values drawn and results are those of torch::nn.

#include <torch/torch.h>

#include <cstdint>

namespace weightloom {

// x [..., in] -> x weight^T + bias [..., out]. float32 on the CPU until moved with to().
class LinearImpl : public torch::nn::Module {
 public:
  // weight [out, in], then bias [out]: uniform in +-1 / sqrt(in) (He et al. 2015, equation 10, for a leaky rectifier
  // of slope sqrt(5), as in torch::nn::Linear).
  LinearImpl(std::int64_t in, std::int64_t out, torch::Generator& generator, bool with_bias = true);
  torch::Tensor forward(const torch::Tensor& x) const { return torch::linear(x, weight, bias); }

  torch::Tensor weight, bias;  // bias: undefined without one
};
TORCH_MODULE(Linear);

// indices [...] int64 -> rows of weight, [..., width]. Rows are drawn from the standard normal distribution.
class EmbeddingImpl : public torch::nn::Module {
 public:
  EmbeddingImpl(std::int64_t rows, std::int64_t width, torch::Generator& generator);
  torch::Tensor forward(const torch::Tensor& indices) const { return torch::embedding(weight, indices); }

  torch::Tensor weight;  // [rows, width]
};
TORCH_MODULE(Embedding);

}  // namespace weightloom
