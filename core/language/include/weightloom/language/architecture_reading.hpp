#pragma once
// What an instruction in words says of the network itself: its kind, its size, how good it has to be. No LibTorch.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

struct ArchitectureReading {
  enum class Quality { kUnsaid, kDraft, kHigh };
  std::string name;  // an architecture's short name; empty: nothing is said of it
  std::optional<std::int64_t> depth, width, most_parameters;
  Quality quality = Quality::kUnsaid;
  std::vector<std::string> because;  // the words that decided
};

// `names` are the short names of the architectures that there are. A name itself is understood, what people call the
// common kinds (perceptrons, residual networks, ...), numbers of layers and units, a limit of weights, and whether
// accuracy or speed matters. Throws kUsage "instruction.architecture" for two kinds at once, and for a kind that there
// is none of.
ArchitectureReading read_architecture(std::string_view instruction, const std::vector<std::string>& names);

}  // namespace weightloom
