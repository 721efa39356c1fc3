#pragma once
// An easy task: every class is a fixed random pattern with noise on top.

#include <string>

#include "weightloom/runtime/dataset.hpp"

namespace weightloom::testing {

inline LabelledImages synthetic_split(const torch::Tensor& patterns, std::int64_t count, std::uint64_t seed) {
  auto generator = make_generator(seed);
  const auto labels = torch::randint(patterns.size(0), {count}, generator, torch::kInt64);
  const auto noise = torch::randn({count, 1, patterns.size(2), patterns.size(3)}, generator);
  return {patterns.index_select(0, labels) + 0.7 * noise, labels};
}

inline TensorData synthetic_data(std::int64_t classes, std::int64_t size) {
  auto generator = make_generator(17);
  const auto patterns = torch::randn({classes, 1, size, size}, generator);
  TensorData data{"synthetic",
                  {},
                  synthetic_split(patterns, 600, 1),
                  synthetic_split(patterns, 100, 2),
                  synthetic_split(patterns, 300, 3)};
  for (std::int64_t c = 0; c < classes; ++c) data.class_names.push_back("c" + std::to_string(c));
  return data;
}

inline bool equal(const Weights& a, const Weights& b) {
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    if (!torch::equal(a.tensors[i], b.tensors[i])) return false;
  return true;
}

}  // namespace weightloom::testing
