#pragma once
// TorchScript from a description, which may be anybody's: compiled, and refused unless all that it does is arithmetic
// on its arguments.

#include <memory>
#include <string>
#include <vector>

#include "weightloom/compute/torch.hpp"

namespace weightloom {

class ScriptFunction {
 public:
  // `code` defines one function, forward, of `arguments` tensors that returns a tensor. Operators that read, write,
  // draw random numbers or change their arguments are not known to it, and neither are loops without a bound. Throws
  // kPlugin "executor.script" that says what is wrong and where.
  ScriptFunction(const std::string& node, const std::string& code, std::size_t arguments);
  ~ScriptFunction();
  ScriptFunction(ScriptFunction&&) noexcept;

  // May be differentiated. Throws kPlugin "executor.script" when the code fails. [any-thread]
  torch::Tensor operator()(const std::vector<torch::Tensor>& arguments) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightloom
