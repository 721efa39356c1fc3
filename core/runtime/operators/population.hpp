#pragma once
// How the dimensions of a sample and those in front of it, members and images, go together.

#include <array>
#include <vector>

#include "../operators.hpp"

namespace weightloom {

// Leading dimensions before those of one sample.
inline std::int64_t lead(const Value& value) {
  return value.shared ? 1 : 2;
}

inline std::int64_t sample_rank(const Value& value) {
  return value.tensor.dim() - lead(value);
}

// The tensor with dimensions of 1 in front of those of a sample, until there are `rank` of them.
inline torch::Tensor with_rank(const Value& value, std::int64_t rank) {
  auto sizes = value.tensor.sizes().vec();
  sizes.insert(sizes.begin() + lead(value), static_cast<std::size_t>(rank - sample_rank(value)), 1);
  return value.tensor.reshape(sizes);
}

// A parameter [P, ...] in front of samples of `rank` dimensions: [P, 1, ..., 1, ...], its own dimensions at `at` (from
// the sample's start).
inline torch::Tensor against(const torch::Tensor& parameter, std::int64_t rank, std::int64_t at) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(2 + rank), 1);
  sizes[0] = parameter.size(0);
  for (std::int64_t d = 1; d < parameter.dim(); ++d) sizes[static_cast<std::size_t>(1 + at + d)] = parameter.size(d);
  return parameter.reshape(sizes);
}

// Runs `work` on samples as one batch [B, ...], in whichever order of members and images they lie in memory.
template <typename Work>
Value per_sample(const Value& value, Work work) {
  if (value.shared) return {work(value.tensor), true};
  const auto& x = value.tensor;
  const bool swapped = x.size(0) > 1 && x.size(1) > 1 && x.stride(0) < x.stride(1);
  const auto ordered = swapped ? x.transpose(0, 1) : x;
  const auto out = work(ordered.flatten(0, 1));
  auto sizes = out.sizes().vec();
  sizes[0] = ordered.size(1);
  sizes.insert(sizes.begin(), ordered.size(0));
  const auto apart = out.reshape(sizes);
  return {swapped ? apart.transpose(0, 1) : apart, false};
}

// Runs `work` on every member apart, with its images [N, ...] and its own parameters.
template <typename Work>
Value per_member(const OperatorArguments& a, Work work) {
  const auto& x = a.inputs[0];
  std::vector<torch::Tensor> members;
  for (std::int64_t p = 0; p < a.context.population; ++p) {
    std::vector<torch::Tensor> own;
    for (const auto& parameter : a.parameters) own.push_back(parameter.defined() ? parameter[p] : parameter);
    members.push_back(work(x.shared ? x.tensor : x.tensor[p], own));
  }
  return {torch::stack(members), false};
}

inline std::array<std::int64_t, 2> pair_attribute(const NodeSpec& node, const char* name) {
  return node.attributes.at(name).get<std::array<std::int64_t, 2>>();
}
inline std::int64_t integer_attribute(const NodeSpec& node, const char* name) {
  return node.attributes.at(name).get<std::int64_t>();
}
inline double number_attribute(const NodeSpec& node, const char* name) {
  return node.attributes.at(name).get<double>();
}
inline bool flag_attribute(const NodeSpec& node, const char* name) {
  return node.attributes.at(name).get<bool>();
}

}  // namespace weightloom
