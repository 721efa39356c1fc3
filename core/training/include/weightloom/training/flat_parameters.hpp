#pragma once
// The trained parameters of a model as views of one flat buffer: an optimiser step, an average or a norm is then a
// handful of operations, whatever the number of tensors.

#include <vector>

#include "weightloom/compute/module.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// Not thread-safe, except for gradient().
class FlatParameters {
 public:
  // `leaves`: at least one, all of one type and device, that require a gradient. Their values move into the buffer;
  // every holder of such a tensor (a module, the caller) sees what is written there.
  explicit FlatParameters(std::vector<torch::Tensor> leaves);
  // Those parameters of `module` that require a gradient, in its order.
  explicit FlatParameters(const Module& module);

  // [N], without gradient; write to it in place.
  const torch::Tensor& values() const { return values_; }
  // Of the scalar `loss`, [N]; zero where the loss does not depend on a leaf. Frees the graph. [any-thread]
  torch::Tensor gradient(const torch::Tensor& loss) const;

 private:
  std::vector<torch::Tensor> leaves_;
  torch::Tensor values_;
};

// `gradient` scaled down to the Euclidean norm `limit` when it is longer (Pascanu et al. 2013).
torch::Tensor clip_norm(const torch::Tensor& gradient, double limit);

}  // namespace weightloom
