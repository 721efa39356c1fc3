#include "weightloom/network/tasks.hpp"

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr TaskRule kTasks[] = {
    {"classification", "[classes]", 1, 0, true, "accuracy"},
    {"segmentation", "[classes, height, width]", 3, 0, true, "accuracy"},
    {"sequence", "[tokens, classes]", 2, 1, true, "accuracy"},
    {"regression", "[values]", 1, 0, false, "r_squared"},
    {"embedding", "[values]", 1, 0, false, ""},
};

}  // namespace

const TaskRule* find_task(std::string_view name) {
  for (const auto& task : kTasks)
    if (task.name == name) return &task;
  return nullptr;
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const auto& task : kTasks) names.emplace_back(task.name);
  return names;
}

const TaskRule& task_of(const NetworkDescription& description) {
  return *find_task(description.task);
}

void expect_classification(const NetworkDescription& description, std::string_view what) {
  if (description.task == "classification") return;
  throw Error(ErrorCode::kUsage, "network.task", "cannot " + std::string(what) + " for '" + description.label() + "'",
              "its task is " + description.task + ", and only networks for classification can be used here",
              "train it with `weightloom finetune`");
}

}  // namespace weightloom
