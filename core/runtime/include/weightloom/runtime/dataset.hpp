#pragma once
// Data as tensors, and random batches of it.

#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/compute/options.hpp"
#include "weightloom/compute/random.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/data/dataset.hpp"

namespace weightloom {

struct LabelledImages {
  torch::Tensor images;  // [N, C, H, W], standardised; of other data the inputs [N, ...]
  torch::Tensor labels;  // int64 [N], or [N, places...] where each place has a class; of values [N, values]
};

// `images` as if all were of class 0: for what looks at images alone, as recalibrate() does.
LabelledImages unlabelled(const torch::Tensor& images);

// Images [N, C, H, W] as a network takes them whose input is of `shape` [C', H', W']: averaged or interpolated, in grey
// where channels differ. Themselves where they are of that form, or where one of the two is no image.
torch::Tensor fit_images(const torch::Tensor& images, const Shape& shape);

struct TensorData {
  std::string name;  // the DataSpec's text
  std::vector<std::string> class_names;
  LabelledImages train, validation, test;
  std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }
};

// Images, or a folder of arrays (data/arrays.hpp), whose inputs are taken as they are: no form, no limits of images,
// and classes are chosen only where each sample has one. Throws what load_images() and read_array_folder() throw,
// kUsage "data.class", and kFailure "runtime.memory".
TensorData load_tensors(const DataSpec& spec, const ImageForm& form, std::uint64_t split_seed = 0,
                        const ComputeOptions& options = {}, const ImageLimits& limits = {});

// A task derived from `data`: the classes listed, relabelled 0, 1, ... in that order. Throws kUsage "data.class".
TensorData subset_classes(const TensorData& data, const std::vector<std::int64_t>& classes);

// Data sets as sources of one task with the classes of all: those of the first are numbered first, those of the second
// go on from there, and so on. Images are shared with `parts`; class names stay those of each part.
std::vector<TensorData> number_classes_on(std::vector<TensorData> parts);
// Their training images, which are not owned.
std::vector<const LabelledImages*> training_images(const std::vector<TensorData>& parts);

// `count` images drawn with replacement. The generator is one on the CPU (compute/random.hpp).
LabelledImages draw(const LabelledImages& split, std::int64_t count, torch::Generator& generator);

}  // namespace weightloom
