#include "array_data.hpp"

#include "grouped_data.hpp"
#include "weightloom/base/element_values.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/data/arrays.hpp"
#include "weightloom/data/grouping.hpp"

namespace weightloom {
namespace {

// Numbers of any type, which are small or were floating-point numbers before.
torch::Tensor number_tensor(const HostTensor& array, const ComputeOptions& options) {
  constexpr std::size_t kPiece = 1 << 16;
  auto tensor = torch::empty(array.shape, torch::kFloat32);
  const auto count = static_cast<std::size_t>(tensor.numel()), width = dtype_bytes(array.dtype);
  std::vector<double> piece;
  for (std::size_t at = 0; at < count; at += piece.size()) {
    piece.resize(std::min(kPiece, count - at));
    read_values(array.dtype, std::span(array.bytes).subspan(at * width, piece.size() * width), piece);
    std::copy(piece.begin(), piece.end(), tensor.data_ptr<float>() + at);
  }
  return tensor.to(options.floats());
}

LabelledImages pair_tensors(const ArraySplit& split, const ComputeOptions& options) {
  const auto targets = number_tensor(split.targets, options);
  return {number_tensor(split.inputs, options), split.has_classes() ? targets.to(torch::kInt64) : targets};
}

LabelledImages take(const LabelledImages& split, const torch::Tensor& samples) {
  return {split.images.index_select(0, samples), split.labels.index_select(0, samples)};
}

}  // namespace

TensorData load_array_tensors(const DataSpec& spec, std::uint64_t split_seed, const ComputeOptions& options) {
  const auto grouping = ClassGrouping::of(spec.source);
  auto folder = read_array_folder(grouping ? grouping->source : spec.source);
  return translate_torch_errors("load a data set", [&] {
    TensorData data;
    data.name = grouping ? grouping->source : spec.source;
    data.class_names = std::move(folder.class_names);
    const auto all = pair_tensors(folder.train, options);
    data.test = pair_tensors(folder.test, options);
    const auto samples = all.labels.size(0), held_out = std::max<std::int64_t>(1, samples / 10);
    const auto order =
        torch::tensor(Random(derive_seed(split_seed, "validation")).permutation(samples), options.indices());
    data.validation = take(all, order.narrow(0, 0, held_out));
    data.train = take(all, order.narrow(0, held_out, samples - held_out));
    if (!spec.classes.empty() || grouping) {
      if (data.train.labels.dim() != 1 || data.train.labels.is_floating_point())
        throw Error(ErrorCode::kUsage, "data.class", "cannot choose classes of '" + spec.source + "'",
                    "its samples do not have one class each");
      if (grouping) data = group_classes(data, *grouping, split_seed);
      if (!spec.classes.empty()) data = subset_classes(data, spec.classes);
    }
    if (spec.train_limit > 0 && spec.train_limit < data.train.labels.size(0))
      data.train = {data.train.images.narrow(0, 0, spec.train_limit), data.train.labels.narrow(0, 0, spec.train_limit)};
    data.name = spec.text();
    return data;
  });
}

}  // namespace weightloom
