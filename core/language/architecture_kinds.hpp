#pragma once
// Kinds of network, and of what is none, by what people call them.

#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// Calls are words, or several between spaces or hyphens. General kinds give way where another one is named too:
// residual networks are convolutional.
struct ArchitectureKind {
  const char* name;
  std::vector<std::string> calls;
  bool general = false;
};
const std::vector<ArchitectureKind>& architecture_kinds();
// Whether one is called so, and not in the plural.
bool is_kind_of_network(std::string_view call);

}  // namespace weightloom
