#include "weightloom/runtime/data_cache.hpp"

#include <utility>

#include "grouped_data.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {

std::shared_ptr<const TensorData> DataCache::get(const DataSpec& spec) {
  const auto whole = source(spec.source);
  if (spec.classes.empty() && spec.train_limit == 0) return whole;
  auto data = spec.classes.empty() ? *whole : subset_classes(*whole, spec.classes);
  if (spec.train_limit > 0 && spec.train_limit < data.train.labels.size(0))
    data.train = {data.train.images.narrow(0, 0, spec.train_limit), data.train.labels.narrow(0, 0, spec.train_limit)};
  data.name = spec.text();
  for (const auto& [part, split] : {std::pair{"training", &data.train}, std::pair{"test", &data.test}})
    if (split->labels.size(0) == 0)
      throw Error(ErrorCode::kUsage, "data.empty", "'" + data.name + "' has no " + part + " images",
                  "none of the chosen classes is among them", "choose other classes");
  return std::make_shared<const TensorData>(std::move(data));
}

void DataCache::keep(TensorData data) {
  const std::lock_guard lock(mutex_);
  auto kept = std::make_shared<const TensorData>(std::move(data));
  sources_[kept->name] = kept;
}

std::int64_t DataCache::copied_bytes(const DataSpec& spec) {
  if (spec.classes.empty()) return 0;
  const auto whole = source(spec.source);
  std::int64_t bytes = 0;
  for (const auto* part : {&whole->train, &whole->validation, &whole->test})
    bytes += part->images.numel() * static_cast<std::int64_t>(part->images.element_size());
  return bytes * static_cast<std::int64_t>(spec.classes.size()) / whole->classes();
}

std::shared_ptr<const TensorData> DataCache::source(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto load = [&](const std::string& of) {
    auto& kept = sources_[of];
    if (!kept)
      kept = std::make_shared<const TensorData>(load_tensors(DataSpec{of, {}, 0}, form_, 0, compute_, limits_));
    return kept;
  };
  const auto grouping = ClassGrouping::of(name);
  if (!grouping) return load(name);
  const auto ungrouped = load(grouping->source);
  auto& kept = sources_[name];
  if (!kept) kept = std::make_shared<const TensorData>(group_classes(*ungrouped, *grouping, 0));
  return kept;
}

}  // namespace weightloom
