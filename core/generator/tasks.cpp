#include "weightloom/generator/tasks.hpp"

#include <algorithm>
#include <numeric>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// start + floor(u * count) for uniform u, elementwise: torch::randint takes one limit, classes have counts of their
// own. In double precision, and cut to the last row: u * count may round up to count.
torch::Tensor random_rows(const torch::Tensor& start, const torch::Tensor& count, torch::Generator& generator) {
  const auto uniform = torch::rand(start.sizes(), generator, start.options().dtype(torch::kFloat64));
  return start + (uniform * count).to(torch::kInt64).minimum(count - 1);
}

}  // namespace

DataSpec task_of(DataCache& data, const std::string& text) {
  auto task = DataSpec::parse(text);
  if (task.classes.empty()) {
    task.classes.resize(static_cast<std::size_t>(data.get(task.source)->classes()));
    std::iota(task.classes.begin(), task.classes.end(), 0);
  }
  return task;
}

std::string class_set(const DataSpec& task) {
  DataSpec set{task.source, task.classes, 0};
  std::sort(set.classes.begin(), set.classes.end());
  return set.text();
}

TaskImages::TaskImages(DataCache& data, const std::vector<std::string>& sources, std::int64_t most_per_class) {
  std::vector<torch::Tensor> parts;
  std::int64_t row = 0;
  for (const std::string& name : sources) {
    const auto all = data.get(name);
    Source source{all->train.labels, {}, {}};
    for (std::int64_t c = 0; c < all->classes(); ++c) {
      // Ascending, so that a train limit leaves the first rows of every class.
      auto rows = (all->train.labels == c).nonzero().flatten();
      if (most_per_class > 0) rows = rows.narrow(0, 0, std::min(rows.size(0), most_per_class));
      if (rows.size(0) == 0)
        throw Error(ErrorCode::kUsage, "data.empty_class",
                    "data set '" + name + "' has no training image of class '" +
                        all->class_names[static_cast<std::size_t>(c)] + "'");
      parts.push_back(all->train.images.index_select(0, rows));
      source.first.push_back(row);
      source.count.push_back(rows.size(0));
      row += rows.size(0);
    }
    sources_.emplace(name, std::move(source));
  }
  images_ = torch::cat(parts);
}

const TaskImages::Source& TaskImages::source_of(const DataSpec& task) const {
  const auto found = sources_.find(task.source);
  if (found == sources_.end())
    throw Error(ErrorCode::kUsage, "task.source", "no images of data set '" + task.source + "' were loaded");
  return found->second;
}

std::vector<std::int64_t> TaskImages::allowed(const DataSpec& task) const {
  const Source& source = source_of(task);
  if (task.train_limit == 0) return source.count;
  auto set = task;
  std::sort(set.classes.begin(), set.classes.end());
  const std::lock_guard lock(limited_->mutex);
  auto& known = limited_->counts[set.text()];
  if (known.empty()) known = count_allowed(source, set);
  return known;
}

std::vector<std::int64_t> TaskImages::count_allowed(const Source& source, const DataSpec& set) {
  // DataCache takes the first `train_limit` images of the chosen classes; within a class these are its first ones.
  const auto classes = static_cast<std::int64_t>(source.count.size());
  auto wanted = torch::zeros({classes}, source.labels.options().dtype(torch::kBool));
  for (auto c : set.classes) wanted[c] = true;
  const auto kept = source.labels.index_select(0, wanted.index_select(0, source.labels).nonzero().flatten());
  const auto seen = torch::bincount(kept.narrow(0, 0, std::min(kept.size(0), set.train_limit)), {}, classes);
  auto counts = source.count;
  for (auto c : set.classes) {
    auto& count = counts[static_cast<std::size_t>(c)];
    count = std::min(count, seen[c].item<std::int64_t>());
    if (count == 0)
      throw Error(ErrorCode::kUsage, "data.empty_class",
                  "'" + set.text() + "' has no training image of class " + std::to_string(c),
                  "the train limit leaves none", "use a larger limit");
  }
  return counts;
}

std::pair<torch::Tensor, torch::Tensor> TaskImages::tables(const std::vector<DataSpec>& tasks) const {
  const auto classes = static_cast<std::int64_t>(tasks.front().classes.size());
  std::vector<std::int64_t> start, count;
  for (const DataSpec& task : tasks) {
    const Source& source = source_of(task);
    const auto rows = allowed(task);
    for (auto c : task.classes) {
      start.push_back(source.first.at(static_cast<std::size_t>(c)));
      count.push_back(rows.at(static_cast<std::size_t>(c)));
    }
  }
  const auto size = static_cast<std::int64_t>(tasks.size());
  return {torch::tensor(start, indices_like(images_)).view({size, classes}),
          torch::tensor(count, indices_like(images_)).view({size, classes})};
}

LabelledImages TaskImages::batch(const std::vector<DataSpec>& tasks, std::int64_t n,
                                 torch::Generator& generator) const {
  const auto [start, count] = tables(tasks);
  const auto labels = torch::randint(start.size(1), {start.size(0), n}, generator, start.options());
  const auto rows = random_rows(start.gather(1, labels), count.gather(1, labels), generator);
  std::vector<std::int64_t> shape{start.size(0), n};
  shape.insert(shape.end(), images_.sizes().begin() + 1, images_.sizes().end());
  return {images_.index_select(0, rows.flatten()).view(shape), labels};
}

torch::Tensor TaskImages::draw_rows(const std::vector<DataSpec>& tasks, std::int64_t shots,
                                    torch::Generator& generator) const {
  const auto [start, count] = tables(tasks);
  return random_rows(start.unsqueeze(2).expand({-1, -1, shots}), count.unsqueeze(2).expand({-1, -1, shots}), generator);
}

}  // namespace weightloom
