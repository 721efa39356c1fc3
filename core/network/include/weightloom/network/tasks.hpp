#pragma once
// What networks are for: the tasks of docs/network_description.md. What a task's loss and metric are is in
// weightloom/runtime/task.hpp. Immutable, alive as long as the program [any-thread]. No LibTorch.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/network/description.hpp"

namespace weightloom {

struct TaskRule {
  std::string_view name;
  std::string_view output;  // its shape, for messages: "[classes]"
  std::size_t rank;         // of the output of one sample
  std::size_t class_axis;   // of the output: whose length is NetworkDescription::classes
  bool classes;             // each place of the other axes belongs to one class; false: the outputs are values
  std::string_view metric;  // what a network is judged by: "accuracy"; empty: by nothing
  bool trained() const { return !metric.empty(); }
};

// nullptr for an unknown name.
const TaskRule* find_task(std::string_view name);
std::vector<std::string> task_names();
// The task of a description that was parsed.
const TaskRule& task_of(const NetworkDescription& description);

// Throws kUsage "network.task" unless the network classifies whole samples; `what` cannot be done with others:
// "generate weights".
void expect_classification(const NetworkDescription& description, std::string_view what);

}  // namespace weightloom
