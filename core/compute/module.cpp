#include "weightloom/compute/module.hpp"

namespace weightloom {

std::vector<std::pair<std::string, torch::Tensor>> Module::named_parameters() const {
  std::vector<std::pair<std::string, torch::Tensor>> out;
  collect("", out);
  return out;
}

std::vector<torch::Tensor> Module::parameters() const {
  std::vector<torch::Tensor> out;
  for (auto& [name, parameter] : named_parameters()) out.push_back(parameter);
  return out;
}

void Module::to(const torch::Device& device, torch::ScalarType type) {
  for (auto& parameter : parameters()) parameter.set_data(parameter.detach().to(device, type));
}

torch::Tensor Module::register_parameter(std::string name, torch::Tensor value, bool trained) {
  value.set_requires_grad(trained);
  return parameters_.emplace_back(std::move(name), std::move(value)).second;
}

void Module::collect(const std::string& prefix, std::vector<std::pair<std::string, torch::Tensor>>& out) const {
  for (const auto& [name, parameter] : parameters_) out.emplace_back(prefix + name, parameter);
  for (const auto& [name, part] : parts_) part->collect(prefix + name + ".", out);
}

}  // namespace weightloom
