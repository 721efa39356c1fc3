#pragma once
// Zip archives as PyTorch writes them: stored entries that begin at multiples of 64, Zip64 where 32 bits do not do.
// Private to the module.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "weightloom/base/file.hpp"

namespace weightloom {

// Appears under its path with commit(), and not at all without. Throws write_error() (base/file.hpp).
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) : file_(path) {}

  // An entry of `head` and the bytes behind it. ZipArchive refuses names that are no plain relative paths.
  void add(const std::string& name, std::string_view head, std::span<const std::byte> bytes = {});
  void commit();

 private:
  void write(std::string_view text);

  AtomicFile file_;
  std::string directory_;
  std::uint64_t at_ = 0, entries_ = 0;
};

}  // namespace weightloom
