#pragma once
// What a training needs to go on after an interruption, and the file that keeps it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weightloom/base/hash.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/compute/torch.hpp"

namespace weightloom {

// The places of everything that changes during a training. What is kept is named once, and so cannot be written
// without being read. Refers to its places: they outlive it and do not move. Not thread-safe.
class TrainingState {
 public:
  // A tensor of a type that to_host() takes. Read back in place where it is defined already (views stay views), else
  // assigned; an undefined tensor is kept as such.
  void keep(const std::string& name, torch::Tensor& tensor);
  void keep(const std::string& name, torch::Generator& generator);
  void keep(const std::string& name, double& number);
  void keep(const std::string& name, std::int64_t& number);

  TensorMap save() const;
  // The reverse of save(). Throws kRefused "checkpoint.damaged" when a tensor is missing, unexpected or of another
  // type or shape.
  void restore(const TensorMap& tensors);

 private:
  struct Place {
    std::string name;
    std::function<torch::Tensor()> read;
    std::function<void(const torch::Tensor&)> write;
  };
  std::vector<Place> places_;
};

// What is being trained: the same text only where the steps to come would be the same. Not thread-safe.
class Fingerprint {
 public:
  Fingerprint& add(std::string_view text);
  Fingerprint& add(const torch::Tensor& tensor);  // type, shape and values
  // 64 hexadecimal digits; uses the object up.
  std::string text() { return to_hex(hash_.finish()); }

 private:
  Sha256 hash_;
};

// One safetensors file, written whole or not at all: the state, the number of steps done, and whose they are.
struct Checkpoint {
  std::filesystem::path path;  // empty: nothing is read or written
  std::string fingerprint;

  // Throws what writing a file throws (base/file.hpp).
  void save(std::int64_t step, const TrainingState& state) const;
  // The number of steps done, with `state` as it was then; 0, with `state` untouched, when there is no file, or when it
  // is of another training (other options, data or start), which the log says: the next save() replaces it. Throws
  // kRefused "checkpoint.damaged" when the file is damaged or no checkpoint.
  std::int64_t restore(TrainingState& state) const;
};

}  // namespace weightloom
