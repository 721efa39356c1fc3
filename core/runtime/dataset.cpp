#include "weightloom/runtime/dataset.hpp"

#include <algorithm>

#include "array_data.hpp"
#include "grouped_data.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/data/arrays.hpp"
#include "weightloom/data/grouping.hpp"

namespace weightloom {
namespace {

LabelledImages to_tensors(ImageSet split, const ImageForm& form, const ComputeOptions& options) {
  const auto count = split.count();
  const auto labels = torch::tensor(split.labels, options.indices());
  // The tensor keeps the pixels alive: no copy.
  auto* pixels = new std::vector<float>(std::move(split.images));
  auto images = torch::from_blob(
      pixels->data(), {count, form.channels, form.size, form.size}, [pixels](void*) { delete pixels; },
      torch::kFloat32);
  return {images.to(options.floats()), labels};
}

LabelledImages keep_classes(const LabelledImages& split, const torch::Tensor& new_label) {
  const auto relabelled = new_label.index_select(0, split.labels);
  const auto kept = torch::nonzero(relabelled.ge(0)).squeeze(1);
  return {split.images.index_select(0, kept), relabelled.index_select(0, kept)};
}

std::string subset_name(const std::string& name, const std::vector<std::int64_t>& classes) {
  auto spec = DataSpec::parse(name);
  const auto before = spec.classes;
  spec.classes.clear();
  for (auto c : classes) spec.classes.push_back(before.empty() ? c : before[static_cast<std::size_t>(c)]);
  return spec.text();
}

TensorData load_image_tensors(const DataSpec& spec, const ImageForm& form, std::uint64_t split_seed,
                              const ComputeOptions& options, const ImageLimits& limits) {
  auto data = load_images(spec, form, split_seed, limits);
  return translate_torch_errors("load a data set", [&] {
    const auto tensors = [&](ImageSet& split) { return to_tensors(std::move(split), data.form, options); };
    return TensorData{data.name, data.class_names, tensors(data.train), tensors(data.validation), tensors(data.test)};
  });
}

}  // namespace

LabelledImages unlabelled(const torch::Tensor& images) {
  return {images, torch::zeros({images.size(0)}, indices_like(images))};
}

torch::Tensor fit_images(const torch::Tensor& images, const Shape& shape) {
  const bool both_images = shape.size() == 3 && images.dim() == 4;
  if (!both_images || std::ranges::equal(shape, images.sizes().slice(1))) return images;
  const auto grey = shape[0] == images.size(1) ? images : images.mean(1, true).expand({-1, shape[0], -1, -1});
  const bool smaller = shape[1] <= images.size(2) && shape[2] <= images.size(3);
  return (smaller ? torch::adaptive_avg_pool2d(grey, {shape[1], shape[2]})
                  : torch::upsample_bilinear2d(grey, {shape[1], shape[2]}, /*align_corners=*/false))
      .contiguous();
}

TensorData load_tensors(const DataSpec& spec, const ImageForm& form, std::uint64_t split_seed,
                        const ComputeOptions& options, const ImageLimits& limits) {
  return is_array_folder(ungrouped(spec.source)) ? load_array_tensors(spec, split_seed, options)
                                                 : load_image_tensors(spec, form, split_seed, options, limits);
}

TensorData subset_classes(const TensorData& data, const std::vector<std::int64_t>& classes) {
  TensorData out;
  out.name = subset_name(data.name, classes);
  auto new_label = torch::full({data.classes()}, -1, data.train.labels.options());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0 || classes[i] >= data.classes())
      throw Error(ErrorCode::kUsage, "data.class", "cannot take a subset of '" + data.name + "'",
                  "class " + std::to_string(classes[i]) + " does not exist");
    new_label[classes[i]] = static_cast<std::int64_t>(i);
    out.class_names.push_back(data.class_names[static_cast<std::size_t>(classes[i])]);
  }
  out.train = keep_classes(data.train, new_label);
  out.validation = keep_classes(data.validation, new_label);
  out.test = keep_classes(data.test, new_label);
  return out;
}

std::vector<TensorData> number_classes_on(std::vector<TensorData> parts) {
  std::int64_t offset = 0;
  for (auto& part : parts) {
    for (auto* split : {&part.train, &part.validation, &part.test}) split->labels = split->labels + offset;
    offset += part.classes();
  }
  return parts;
}

std::vector<const LabelledImages*> training_images(const std::vector<TensorData>& parts) {
  std::vector<const LabelledImages*> out;
  for (const auto& part : parts) out.push_back(&part.train);
  return out;
}

LabelledImages draw(const LabelledImages& split, std::int64_t count, torch::Generator& generator) {
  const auto chosen = torch::randint(split.labels.size(0), {count}, generator, torch::kInt64).to(split.labels.device());
  return {split.images.index_select(0, chosen), split.labels.index_select(0, chosen)};
}

}  // namespace weightloom
