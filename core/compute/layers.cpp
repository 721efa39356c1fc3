#include "weightloom/compute/layers.hpp"

#include <cmath>

namespace weightloom {
namespace {

torch::Tensor uniform(torch::IntArrayRef shape, double bound, torch::Generator& generator) {
  return torch::empty(shape).uniform_(-bound, bound, generator);
}

}  // namespace

LinearImpl::LinearImpl(std::int64_t in, std::int64_t out, torch::Generator& generator, bool with_bias) {
  const double width = static_cast<double>(in);
  // Both bounds are 1 / sqrt(in). The first is computed in the steps of torch::nn::init::kaiming_uniform_, whose last
  // bit trained models depend on.
  const double gain = std::sqrt(2.0 / (1 + std::pow(std::sqrt(5.0), 2)));
  weight = register_parameter("weight", uniform({out, in}, std::sqrt(3.0) * (gain / std::sqrt(width)), generator));
  if (with_bias) bias = register_parameter("bias", uniform({out}, 1 / std::sqrt(width), generator));
}

LayerNormImpl::LayerNormImpl(std::int64_t width) {
  weight = register_parameter("weight", torch::ones({width}));
  bias = register_parameter("bias", torch::zeros({width}));
}

EmbeddingImpl::EmbeddingImpl(std::int64_t rows, std::int64_t width, torch::Generator& generator) {
  weight = register_parameter("weight", torch::empty({rows, width}).normal_(0, 1, generator));
}

}  // namespace weightloom
