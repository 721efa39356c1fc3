#pragma once
// Image data as tensors, and random batches of it.

#include <torch/torch.h>

#include <string>
#include <vector>

#include "weightloom/compute/random.hpp"
#include "weightloom/data/dataset.hpp"

namespace weightloom {

struct LabelledImages {
  torch::Tensor images;  // [N, C, H, W] float32, standardised
  torch::Tensor labels;  // [N] int64
};

struct TensorData {
  std::string name, hash;
  std::vector<std::string> class_names;
  LabelledImages train, validation, test;
  std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }
};

TensorData load_tensors(const DataSpec& spec, const ImageForm& form, std::uint64_t split_seed = 0);

// A task derived from `data`: the classes listed, relabelled 0, 1, ... in that order.
TensorData subset_classes(const TensorData& data, const std::vector<std::int64_t>& classes);

// The union of several data sets as one with all their classes, in order.
TensorData join(const std::vector<TensorData>& parts);

// `count` images drawn with replacement.
LabelledImages draw(const LabelledImages& split, std::int64_t count, torch::Generator& generator);

// [classes, shots, C, H, W]: `shots` images of each class, drawn with replacement.
torch::Tensor draw_examples(const LabelledImages& split, std::int64_t classes, std::int64_t shots,
                            torch::Generator& generator);

}  // namespace weightloom
