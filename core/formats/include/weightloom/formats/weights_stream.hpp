#pragma once
// Weights files that are read once from beginning to end, for whoever cannot or does not want to hold them whole. No
// LibTorch.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// A safetensors file, or a sharded set of such files by its index, whose header is read and checked and whose tensors
// come one after the other. Holds 16 MiB, whatever the file's size. Not thread-safe.
class WeightsStream {
 public:
  struct Tensor {
    std::string name;
    DType dtype;
    Shape shape;
    std::uint64_t bytes;
  };

  // nullptr when the file is of another format, which read_weights() may know. Throws what read_weights() does for a
  // header or an index that is refused.
  static std::unique_ptr<WeightsStream> open(const std::filesystem::path& path);
  ~WeightsStream();

  // In the order in which their bytes come.
  const std::vector<Tensor>& tensors() const;
  const std::map<std::string, std::string>& metadata() const;
  const std::vector<std::string>& warnings() const;

  // Bytes of one tensor, in order; `first` of the first piece, which a tensor without bytes has too. They live as long
  // as the call.
  using Visitor = std::function<void(const Tensor& tensor, bool first, std::span<const std::byte> bytes)>;
  // Reads all tensors, while a second thread reads on and hashes. Returns the SHA-256 (hex) of the file; of a sharded
  // set nothing. Throws what `visit` does, what FileReader does, kRefused "safetensors.changed" when a file was written
  // meanwhile, and kInterrupted.
  std::string read(const Visitor& visit) const;

 private:
  struct Shard;
  WeightsStream();
  void place(Shard& shard, const std::set<std::string>* wanted);
  std::vector<std::unique_ptr<Shard>> shards_;
  bool is_set_ = false;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> warnings_;
};

}  // namespace weightloom
