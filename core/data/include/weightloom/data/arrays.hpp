#pragma once
// Data of any form as NumPy arrays: what is not a set of images with a class each, such as pixels with a class each,
// sequences of tokens, or values. No LibTorch.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Inputs [N, ...] and targets of the same N samples: whole numbers [N, places...] are classes, floating-point numbers
// [N, values] are values.
struct ArraySplit {
  HostTensor inputs, targets;
  bool has_classes() const;
};

struct ArrayFolder {
  std::vector<std::string> class_names;  // empty where the targets are values
  ArraySplit train, test;
};

// Whether `folder` holds train_inputs.npy: the other files are missed by read_array_folder().
bool is_array_folder(const std::filesystem::path& folder);

// Reads train_inputs.npy, train_targets.npy, test_inputs.npy and test_targets.npy, and, where the targets are classes,
// classes.txt: a name a line, in the order of their numbers; without it they are named by their numbers. Throws what
// read_npy() does, kNotFound for a missing file, and kRefused "arrays.*" where arrays do not fit together, hold numbers
// that are not finite, or classes that have no name. At least two training samples and one to test on.
ArrayFolder read_array_folder(const std::filesystem::path& folder);

// Text as such a folder: pieces of `length` characters, each with the characters that follow one place later.
struct TextOptions {
  std::vector<std::filesystem::path> files;
  std::int64_t length = 64;
};
struct TextSet {
  std::int64_t characters = 0;  // different ones: the classes
  std::int64_t train = 0, test = 0;
};
// The last tenth of each file is to test on. Characters are numbered in the order of their code points over all files.
// Writes the folder `out`, of which nothing remains when it fails. Throws kUsage "text.*" for options that fit nothing
// and when `out` is there, kRefused "text.utf8", and what FileReader and AtomicFile do.
TextSet write_text_arrays(const TextOptions& options, const std::filesystem::path& out);

}  // namespace weightloom
