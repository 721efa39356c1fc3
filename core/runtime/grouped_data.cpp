#include "grouped_data.hpp"

#include "weightloom/compute/random.hpp"

namespace weightloom {

TensorData group_classes(const TensorData& data, const ClassGrouping& grouping, std::uint64_t split_seed) {
  TensorData out;
  out.name = grouping.text();
  out.class_names = grouping.names(data.class_names);
  const auto group = torch::tensor(grouping.group_of_each(data.class_names.size()), indices_like(data.train.images));
  const auto grouped = [&](const LabelledImages& split) {
    const auto labels = group.index_select(0, split.labels);
    const auto kept = labels.ge(0).nonzero().squeeze(1);
    const auto of_groups = labels.index_select(0, kept).to(torch::kCPU).contiguous();
    const auto* first = of_groups.data_ptr<std::int64_t>();
    const auto shares = equal_shares({first, first + of_groups.numel()}, out.classes(), split_seed);
    const auto chosen = kept.index_select(0, torch::tensor(shares, kept.options()));
    return LabelledImages{split.images.index_select(0, chosen), labels.index_select(0, chosen)};
  };
  out.train = grouped(data.train);
  out.validation = grouped(data.validation);
  out.test = grouped(data.test);
  return out;
}

}  // namespace weightloom
