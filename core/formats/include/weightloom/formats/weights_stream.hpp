#pragma once
// Weights files that are read once from beginning to end, for whoever cannot or does not want to hold them whole. No
// LibTorch.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

struct WeightsLayout;

// A safetensors file, a sharded set of such files by its index, or an archive (PyTorch, NumPy) that holds its tensors
// as they are. What says where they lie is read and checked, and they come one after the other. Holds 16 MiB, whatever
// the file's size. Not thread-safe.
class WeightsStream {
 public:
  struct Tensor {
    std::string name;
    DType dtype;
    Shape shape;
    std::uint64_t bytes;
  };

  // nullptr when the file is of another format, which read_weights() may know, or has to be converted: compressed, in
  // another byte order, tensors that are no C order or share their bytes. Throws what read_weights() does for a header,
  // an index or a directory that is refused.
  static std::unique_ptr<WeightsStream> open(const std::filesystem::path& path);
  ~WeightsStream();

  // In the order in which their bytes come.
  const std::vector<Tensor>& tensors() const;
  std::string_view format() const;  // WeightsFormat::name
  const std::map<std::string, std::string>& metadata() const;
  const std::vector<std::string>& warnings() const;

  // Bytes of one tensor, in order; `first` of the first piece, which a tensor without bytes has too. They live as long
  // as the call.
  using Visitor = std::function<void(const Tensor& tensor, bool first, std::span<const std::byte> bytes)>;
  // Reads all tensors, while a second thread reads on and hashes. Returns the SHA-256 (hex) of the file; of a sharded
  // set nothing. Throws what `visit` does, what FileReader does, kRefused "safetensors.changed" when a file was written
  // meanwhile, "zip.damaged" for an entry that its checksum does not fit, and kInterrupted.
  std::string read(const Visitor& visit) const;

 private:
  struct Shard;
  WeightsStream();
  std::set<std::string> add_safetensors(const std::filesystem::path& path, const std::set<std::string>* wanted);
  bool add_layout(const std::filesystem::path& path, std::optional<WeightsLayout> layout);
  std::vector<std::unique_ptr<Shard>> shards_;
  std::string_view format_;
  bool is_set_ = false;
  std::vector<Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::string> warnings_;
};

}  // namespace weightloom
