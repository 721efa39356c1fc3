#pragma once
// What an instruction in words says of the network itself: its kind, its size, how good it has to be. No LibTorch.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/language/word_vectors.hpp"

namespace weightloom {

struct ArchitectureReading {
  enum class Quality { kUnsaid, kDraft, kHigh };
  std::string name;  // an architecture's short name; empty: nothing is said of it
  std::optional<std::int64_t> depth, width, most_parameters;
  Quality quality = Quality::kUnsaid;
  std::vector<std::string> because;  // the words that decided
};

// The short names of the architectures that there are, with what else such networks are called.
using ArchitectureNames = std::map<std::string, std::vector<std::string>>;

// A name itself is understood, what its networks are called, what people call the common kinds (perceptrons, residual
// networks, ...), numbers of layers and units, a limit of weights, and whether accuracy or speed matters; long words
// that `words` lacks may be misspelt. Throws kUsage "instruction.architecture" for two kinds at once, and for a kind
// that there is none of.
ArchitectureReading read_architecture(std::string_view instruction, const ArchitectureNames& names,
                                      const WordVectors& words);

}  // namespace weightloom
