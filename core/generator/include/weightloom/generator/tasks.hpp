#pragma once
// Classification tasks over known data sets, and random batches for many tasks at once. A task is a DataSpec whose
// classes are spelled out, in the order of the network's outputs.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "weightloom/compute/torch.hpp"
#include "weightloom/runtime/data_cache.hpp"

namespace weightloom {

// The task of a record's or request's data set; all classes, in order, when `text` names none.
DataSpec task_of(DataCache& data, const std::string& text);

// Equal for tasks of one source with the same set of classes, in whatever order, whatever their train limit.
std::string class_set(const DataSpec& task);

// Training images of several sources, by class. A task's train limit holds: it sees only the images that
// DataCache::get() would give it. Immutable after construction. [any-thread]
class TaskImages {
 public:
  // `sources`: names without classes and limits. `most_per_class`: 0 keeps all; else that many images per class, the
  // first of the source's shuffled training images.
  TaskImages(DataCache& data, const std::vector<std::string>& sources, std::int64_t most_per_class = 0);

  // All tasks have the same number of classes. images [B, n, C, H, W]; labels [B, n] int64, 0 .. classes - 1, uniform.
  LabelledImages batch(const std::vector<DataSpec>& tasks, std::int64_t n, torch::Generator& generator) const;
  // Rows of `shots` random images per class, with replacement: [B, classes, shots] int64, into images().
  torch::Tensor draw_rows(const std::vector<DataSpec>& tasks, std::int64_t shots, torch::Generator& generator) const;

  const torch::Tensor& images() const { return images_; }  // [N, C, H, W] of the cache's type, class after class

 private:
  struct Source {
    torch::Tensor labels;                    // [n] int64, of all training images in the source's order
    std::vector<std::int64_t> first, count;  // rows of each class in images_
  };
  const Source& source_of(const DataSpec& task) const;
  // By class of the source: how many of its rows the task may use.
  std::vector<std::int64_t> allowed(const DataSpec& task) const;
  static std::vector<std::int64_t> count_allowed(const Source& source, const DataSpec& set);
  // [B, classes] first row and number of rows of each task's classes.
  std::pair<torch::Tensor, torch::Tensor> tables(const std::vector<DataSpec>& tasks) const;

  torch::Tensor images_;
  std::map<std::string, Source> sources_;
  struct Limited {
    std::mutex mutex;
    std::map<std::string, std::vector<std::int64_t>> counts;  // by DataSpec text, classes sorted
  };
  std::shared_ptr<Limited> limited_ = std::make_shared<Limited>();
};

}  // namespace weightloom
