#pragma once
// Executes a network description with LibTorch. Functional: weights are an argument, so gradients flow into weights
// that were decoded from tokens a moment ago.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/compute/torch.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/runtime/weights.hpp"

namespace weightloom {

struct ExecutionMode {
  // kRunning: batch_norm uses the running statistics among the weights. kBatch: the statistics of the images at hand.
  enum class Norm { kRunning, kBatch } norm = Norm::kRunning;
  bool dropout = false;
  // Where dropout draws its masks: one generator for each member. REQUIRED with dropout; not owned.
  std::vector<torch::Generator>* generators = nullptr;
};

// Batch statistics seen by one execution in Norm::kBatch: mean and (unbiased) variance per running_* parameter, [P, C].
using BatchStatistics = std::vector<std::pair<std::size_t, torch::Tensor>>;  // parameter index -> statistic

// Networks of more than one convolution: each leaves too little for one operation on all members to win, and too much
// for a cache to hold. A population is executed member by member, and trained and evaluated one member to a thread.
bool executes_apart(const NetworkDescription& description);

// [any-thread]; immutable after construction.
class Executor {
 public:
  explicit Executor(NetworkDescription description);
  ~Executor();
  Executor(Executor&&) noexcept;

  const NetworkDescription& description() const;
  const GraphFacts& facts() const;

  // images: [N, *input] shared by the population, or [P, N, *input], like the weights. Returns the output, [P, N,
  // classes]. Throws kUsage "executor.*" when shapes do not fit.
  torch::Tensor forward(const Weights& weights, const torch::Tensor& images, ExecutionMode mode = {},
                        BatchStatistics* statistics = nullptr) const;
  // The value named `node` (or the input), [P, N, ...].
  torch::Tensor value(const Weights& weights, const torch::Tensor& images, const std::string& node,
                      ExecutionMode mode = {}) const;
  // Executes the whole network and shows every node's value [1, N, ...]; what `visit` returns takes its place. REQUIRES
  // population 1.
  using Visitor = std::function<torch::Tensor(const NodeSpec& node, const torch::Tensor& value)>;
  void visit(const Weights& weights, const torch::Tensor& images, ExecutionMode mode, const Visitor& visit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightloom
