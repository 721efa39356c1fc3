#include "weightloom/generator/tasks.hpp"

#include <algorithm>
#include <numeric>

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

// start + floor(u * count) for uniform u, elementwise.
torch::Tensor random_rows(const torch::Tensor& start, const torch::Tensor& count, torch::Generator& generator) {
  const auto uniform = torch::rand(start.sizes(), generator, torch::kFloat64);
  return start + (uniform * count).to(torch::kInt64).minimum(count - 1);
}

}  // namespace

std::string Task::subset_key() const {
  auto sorted = classes;
  std::sort(sorted.begin(), sorted.end());
  std::string key = source;
  for (auto c : sorted) key += ',' + std::to_string(c);
  return key;
}

Task task_of(DataCache& data, const std::string& text) {
  DataSpec spec = DataSpec::parse(text);
  Task task{{}, spec.classes};
  spec.classes.clear();
  task.source = spec.text();
  if (task.classes.empty()) {
    task.classes.resize(static_cast<std::size_t>(data.source(spec).classes()));
    std::iota(task.classes.begin(), task.classes.end(), 0);
  }
  return task;
}

TaskImages::TaskImages(DataCache& data, const std::vector<std::string>& sources, std::int64_t most_per_class,
                       std::uint64_t seed)
    : sources_(sources) {
  auto generator = make_generator(derive_seed(seed, "task images"));
  std::vector<torch::Tensor> parts;
  std::int64_t row = 0;
  for (const std::string& source : sources) {
    const TensorData& all = data.source(DataSpec::parse(source));
    auto& first = first_.emplace_back();
    auto& count = count_.emplace_back();
    for (std::int64_t c = 0; c < all.classes(); ++c) {
      auto rows = (all.train.labels == c).nonzero().flatten();
      if (most_per_class > 0 && rows.size(0) > most_per_class)
        rows =
            rows.index_select(0, torch::randperm(rows.size(0), generator, torch::kInt64).narrow(0, 0, most_per_class));
      if (rows.size(0) == 0)
        throw Error(ErrorCode::kUsage, "data.empty_class",
                    "data set '" + source + "' has no training image of class '" +
                        all.class_names[static_cast<std::size_t>(c)] + "'");
      parts.push_back(all.train.images.index_select(0, rows));
      first.push_back(row);
      count.push_back(rows.size(0));
      row += rows.size(0);
    }
  }
  images_ = torch::cat(parts);
}

std::pair<torch::Tensor, torch::Tensor> TaskImages::tables(const std::vector<Task>& tasks) const {
  const auto classes = static_cast<std::int64_t>(tasks.front().classes.size());
  std::vector<std::int64_t> start, count;
  for (const Task& task : tasks) {
    const auto at =
        static_cast<std::size_t>(std::find(sources_.begin(), sources_.end(), task.source) - sources_.begin());
    if (at == sources_.size())
      throw Error(ErrorCode::kUsage, "task.source", "no images of data set '" + task.source + "' were loaded");
    for (auto c : task.classes) {
      start.push_back(first_[at].at(static_cast<std::size_t>(c)));
      count.push_back(count_[at].at(static_cast<std::size_t>(c)));
    }
  }
  const auto size = static_cast<std::int64_t>(tasks.size());
  return {torch::tensor(start, torch::kInt64).view({size, classes}),
          torch::tensor(count, torch::kInt64).view({size, classes})};
}

LabelledImages TaskImages::batch(const std::vector<Task>& tasks, std::int64_t n, torch::Generator& generator) const {
  const auto [start, count] = tables(tasks);
  const auto labels = torch::randint(start.size(1), {start.size(0), n}, generator, torch::kInt64);
  const auto rows = random_rows(start.gather(1, labels), count.gather(1, labels), generator);
  std::vector<std::int64_t> shape{start.size(0), n};
  shape.insert(shape.end(), images_.sizes().begin() + 1, images_.sizes().end());
  return {images_.index_select(0, rows.flatten()).view(shape), labels};
}

torch::Tensor TaskImages::draw_rows(const std::vector<Task>& tasks, std::int64_t shots,
                                    torch::Generator& generator) const {
  const auto [start, count] = tables(tasks);
  return random_rows(start.unsqueeze(2).expand({-1, -1, shots}), count.unsqueeze(2).expand({-1, -1, shots}), generator);
}

}  // namespace weightloom
