#pragma once
// The moving parts of a training loop.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace weightloom {

// Goes through random orders of 0 .. count-1 without end. REQUIRES count > 0.
class IndexStream {
 public:
  IndexStream(std::int64_t count, std::uint64_t seed);
  torch::Tensor next(std::int64_t wanted);

 private:
  std::int64_t count_, at_ = 0;
  torch::Generator generator_;
  torch::Tensor order_;
};

// AdamW (Loshchilov & Hutter 2019) over one flat buffer: a handful of operations whatever the number of tensors.
class AdamW {
 public:
  AdamW(torch::Tensor values, double weight_decay);
  void step(const torch::Tensor& gradient, double learning_rate);

 private:
  torch::Tensor values_, first_, second_;
  double weight_decay_;
  int steps_ = 0;
};

// Tensors as leaves that share one flat buffer.
struct FlatLeaves {
  torch::Tensor flat;
  std::vector<torch::Tensor> leaves;

  // Copies the values, and replaces each of `tensors` by its leaf.
  explicit FlatLeaves(const std::vector<torch::Tensor*>& tensors);
  // Of `loss` with respect to `flat`; zero where the loss does not depend on a leaf.
  torch::Tensor gradient(const torch::Tensor& loss) const;
};

}  // namespace weightloom
