#pragma once
// Small networks to store.

#include <string>
#include <utility>
#include <vector>

#include "weightloom/zoo/zoo.hpp"

namespace weightloom::test {

inline HostTensor tensor_of(std::size_t floats, float value) {
  return HostTensor::from_f32({static_cast<std::int64_t>(floats)}, std::vector<float>(floats, value));
}

inline ZooRecord record_named(const std::string& name) {
  ZooRecord record;
  record.name = name;
  record.architecture = "org.weightloom.mlp";
  record.config = {{"width", 32}, {"norm", "batch"}};
  record.dataset = "mnist";
  record.hyperparameters = {{"seed", 3}};
  record.metrics = {{"test_accuracy", 0.9}};
  record.tags = {"good"};
  return record;
}

// Two small tensors whose values depend on `seed`.
inline std::pair<ZooRecord, TensorMap> network(const std::string& name, float seed = 0) {
  return {record_named(name), {{"a.weight", tensor_of(10, seed)}, {"a.bias", tensor_of(3, seed + 1)}}};
}

inline ZooRecord add_one(Zoo& zoo, std::pair<ZooRecord, TensorMap> one) {
  std::vector<std::pair<ZooRecord, TensorMap>> networks;
  networks.push_back(std::move(one));
  return zoo.add(std::move(networks)).front();
}

}  // namespace weightloom::test
