#pragma once
// safetensors, read as hostile input and written atomically. No LibTorch.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/formats/tensor_form.hpp"

namespace weightloom {

class AtomicFile;  // base/file.hpp
class FileMapping;
class FileReader;

struct SafetensorsFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;  // `__metadata__`
  std::vector<std::string> warnings;            // lenient choices taken
};

// Reads and checks a whole file (a sharded set: read_weights() on its index). Throws kRefused "safetensors.<case>"
// (header_too_small, header_too_large, invalid_header_length, invalid_utf8, invalid_json, duplicate_key, unknown_dtype,
// bad_entry, bad_offsets, hole, overlap, overflow, misaligned, invalid_info, incomplete_buffer, limit_exceeded, ...)
// with path and offset.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

// A file whose header was read and checked alike, and whose tensors are read piece by piece, in any order.
class SafetensorsReader {
 public:
  // Throws what read_safetensors() does for a header.
  explicit SafetensorsReader(const std::filesystem::path& path);
  ~SafetensorsReader();
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // Null when there is none of that name.
  const TensorForm* find(const std::string& name) const;
  // Of all tensors.
  std::int64_t values() const;
  // Bytes of a tensor that is there, from `offset` on. Throws what FileReader::read() does.
  void read(const std::string& name, std::uint64_t offset, std::span<std::byte> out) const;

 private:
  struct Place {
    TensorForm form;
    std::uint64_t begin = 0;  // in the file
  };
  std::unique_ptr<const FileReader> file_;
  std::map<std::string, Place> tensors_;
  std::map<std::string, std::string> metadata_;
};

// A file whose header was read and checked alike, and whose tensors are looked at where they lie (FileMapping,
// base/file.hpp, of which all warnings hold). Immutable. [any-thread]
class MappedSafetensors {
 public:
  struct Tensor {
    DType dtype = DType::kF32;
    Shape shape;
    std::span<const std::byte> bytes;  // as long as the file is open
  };
  // Throws what read_safetensors() does for a header.
  explicit MappedSafetensors(const std::filesystem::path& path);
  ~MappedSafetensors();
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // Null when there is none of that name.
  const Tensor* find(const std::string& name) const;

 private:
  std::unique_ptr<const FileMapping> mapping_;
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

// Checks the header as read_safetensors() will, streams to a temporary file, renames. Throws write_error()
// (base/file.hpp), and before it writes anything kUsage "safetensors.<case>" for what could not be read back: a tensor
// called `__metadata__`, one whose bytes do not fill its shape, a rank above 32, ...
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata = {});

// The same, of tensors whose bytes come piece by piece: of all of order(), one after the other. Without commit()
// nothing remains.
class SafetensorsWriter {
 public:
  SafetensorsWriter(const std::filesystem::path& path, const std::map<std::string, TensorForm>& tensors,
                    const std::map<std::string, std::string>& metadata);
  ~SafetensorsWriter();
  const std::vector<std::string>& order() const { return order_; }
  // Throws kUsage "safetensors.bad_tensor" for more than all bytes, commit() for less.
  void append(std::span<const std::byte> bytes);
  void commit();

 private:
  std::vector<std::string> order_;
  std::uint64_t left_ = 0;
  std::unique_ptr<AtomicFile> file_;
};

// A sharded set as Hugging Face names one: NAME-00001-of-0000N.safetensors and, last, NAME.safetensors.index.json,
// where `path` is NAME or NAME.safetensors. Shards hold tensors in name order, of at most `shard_bytes` bytes (1 or
// more), or a single one that is larger; each has the metadata. What fits into one shard is written to `path` as it is.
// Returns the files, the index last. Throws what write_safetensors() does, and kUsage "safetensors.set_exists" where a
// file of this name or a shard of such a set is there already, "safetensors.too_many_shards" beyond 99,999. After an
// error nothing of the set remains.
std::vector<std::filesystem::path> write_safetensors_set(const std::filesystem::path& path, TensorMap tensors,
                                                         const std::map<std::string, std::string>& metadata,
                                                         std::uint64_t shard_bytes);

}  // namespace weightloom
