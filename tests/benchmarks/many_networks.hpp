#pragma once
// What the benchmarks of stores fill them with: small networks with metrics, tags and settings, the same ones on every
// run.

#include <string>
#include <utility>
#include <vector>

#include "weightloom/base/random.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom::benchmark {

// The i-th of them: 256 bytes of weights of its own, one of 20 data sets, an accuracy between 0.8 and 1.
inline std::pair<ZooRecord, TensorMap> network(int i, Random& random) {
  static const std::vector<std::string> kArchitectures{"mlp", "cnn", "resnet", "vit"};
  const auto& architecture = kArchitectures[static_cast<std::size_t>(i) % kArchitectures.size()];
  const auto dataset = "data-" + std::to_string(i % 20);
  ZooRecord record;
  record.name = dataset + "/" + architecture + "/" + std::to_string(i);
  record.architecture = "org.weightloom." + architecture;
  record.config = {{"width", 16 + i % 7 * 16}, {"depth", 2 + i % 5}, {"classes", 10}, {"activation", "relu"}};
  record.dataset = dataset;
  record.family = "benchmark/" + architecture;
  record.split = i % 10 ? "train" : "held-out";
  record.hyperparameters = {{"seed", i}, {"epochs", 10}, {"lr", 0.001}, {"batch_size", 64}};
  record.metrics = {{"test_accuracy", 0.8 + 0.2 * random.uniform()},
                    {"test_loss", random.uniform()},
                    {"train_accuracy", 0.9 + 0.1 * random.uniform()}};
  record.tags = {"benchmark", i % 3 ? "good" : "check"};
  record.notes = "network " + std::to_string(i);
  const std::vector<float> weights(48, static_cast<float>(i)), bias(16, static_cast<float>(-i));
  return {record,
          {{"fc.weight", HostTensor::from_f32({3, 16}, weights)}, {"fc.bias", HostTensor::from_f32({16}, bias)}}};
}

}  // namespace weightloom::benchmark
