#pragma once
// What models are made of: named parameters and parts that are models themselves. In place of torch::nn::Module, whose
// headers bring serialisation and TorchScript along, seconds for every translation unit.

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/compute/torch.hpp"

namespace weightloom {

// Registered by its constructor, then used; not thread-safe while that changes.
class Module {
 public:
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // By their path ("body.layer0.up.weight"): its own, then those of its parts, in the order of registration.
  std::vector<std::pair<std::string, torch::Tensor>> named_parameters() const;
  std::vector<torch::Tensor> parameters() const;
  // Every parameter keeps its identity and changes its values' place and type.
  void to(const torch::Device& device, torch::ScalarType type);

 protected:
  Module() = default;
  // What is not `trained` is stored, and gets no gradient.
  torch::Tensor register_parameter(std::string name, torch::Tensor value, bool trained = true);
  template <class Part>
  Part register_module(std::string name, Part part) {
    parts_.emplace_back(std::move(name), pointer_to(part));
    return part;
  }

 private:
  template <class Part>
  static std::shared_ptr<Module> pointer_to(const std::shared_ptr<Part>& part) {
    return part;
  }
  template <class Handle>
  static std::shared_ptr<Module> pointer_to(const Handle& handle) {
    return handle.pointer();
  }
  void collect(const std::string& prefix, std::vector<std::pair<std::string, torch::Tensor>>& out) const;

  std::vector<std::pair<std::string, torch::Tensor>> parameters_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> parts_;
};

// A model that is called like a function; copies share it.
template <class Model>
class ModuleHandle {
 public:
  ModuleHandle(std::nullptr_t) {}  // none yet
  template <class... Arguments>
  requires std::constructible_from<Model, Arguments...>
  explicit ModuleHandle(Arguments&&... arguments)
      : model_(std::make_shared<Model>(std::forward<Arguments>(arguments)...)) {}

  torch::Tensor operator()(const torch::Tensor& x) const { return model_->forward(x); }
  Model* operator->() const { return model_.get(); }
  const std::shared_ptr<Model>& pointer() const { return model_; }

 private:
  std::shared_ptr<Model> model_;
};

}  // namespace weightloom
