#pragma once
// Classification tasks over known data sets, and random batches for many tasks at once.

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "weightloom/tokenizer/members.hpp"

namespace weightloom {

// Classes of one source, in the order of the network's outputs.
struct Task {
  std::string source;                 // DataSpec text without classes
  std::vector<std::int64_t> classes;  // never empty

  // Same source and the same set of classes, in whatever order.
  std::string subset_key() const;
};
// The task of a record's data set; all classes when the spec names none.
Task task_of(DataCache& data, const std::string& spec);

// Training images of several sources, by class.
class TaskImages {
 public:
  // `most_per_class`: 0 keeps all; else a fixed random choice of that many images per class.
  TaskImages(DataCache& data, const std::vector<std::string>& sources, std::int64_t most_per_class, std::uint64_t seed);

  // All tasks have the same number of classes. images [B, n, C, H, W]; labels [B, n], 0 .. classes - 1, uniform.
  LabelledImages batch(const std::vector<Task>& tasks, std::int64_t n, torch::Generator& generator) const;
  // Rows of `shots` random images per class: [B, classes, shots], into images().
  torch::Tensor draw_rows(const std::vector<Task>& tasks, std::int64_t shots, torch::Generator& generator) const;

  const torch::Tensor& images() const { return images_; }  // [N, C, H, W], class after class

 private:
  // [B, classes] first row and number of rows of each task's classes.
  std::pair<torch::Tensor, torch::Tensor> tables(const std::vector<Task>& tasks) const;

  torch::Tensor images_;
  std::vector<std::string> sources_;
  std::vector<std::vector<std::int64_t>> first_, count_;  // per source and class
};

}  // namespace weightloom
