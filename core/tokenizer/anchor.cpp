#include "weightloom/tokenizer/anchor.hpp"

#include "weightloom/network/init.hpp"
#include "weightloom/runtime/alignment.hpp"
#include "weightloom/runtime/inheritance.hpp"

namespace weightloom {
namespace {

torch::Tensor initial_means(const ParameterSpec& parameter, const ComputeOptions& compute) {
  std::vector<std::int64_t> shape{1};
  shape.insert(shape.end(), parameter.shape.begin(), parameter.shape.end());
  return torch::full(shape, initial_mean(parameter), compute.floats());
}

}  // namespace

Weights map_anchor(const Anchor* anchor, const NetworkDescription& target, const ComputeOptions& compute) {
  Weights mapped;
  for (const ParameterSpec& parameter : target.parameters) mapped.tensors.push_back(initial_means(parameter, compute));
  if (!anchor) return mapped;
  mapped = inherit(target, std::move(mapped), anchor->description, anchor->weights,
                   anchor->independent ? Head::kInherit : Head::kKeep);
  for (auto& tensor : mapped.tensors) tensor = tensor.to(compute.device, compute.dtype);
  return mapped;
}

AlignedMean aligned_mean(const NetworkDescription& description, const Weights& members) {
  // Two passes: the first member is an arbitrary reference, the mean of the first pass a better one.
  Weights reference = members.member(0);
  Weights aligned = members;
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<Weights> parts;
    for (std::int64_t m = 0; m < members.population(); ++m)
      parts.push_back(align(description, aligned.member(m), reference));
    aligned = concatenate(parts);
    reference = mean(aligned);
  }
  return {reference, aligned};
}

}  // namespace weightloom
