#pragma once
// What a hostile file may cost its reader.

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>

#include "weightloom/base/memory.hpp"

namespace weightloom::test {

// As long as it lives, the process may take 128 MiB and eight times the file's size.
class MemoryBound {
 public:
  explicit MemoryBound(const std::filesystem::path& file)
      : most_((std::uint64_t{128} << 20) + 8 * std::filesystem::file_size(file)) {
    reset_peak_memory();
    most_ += peak_memory();
  }
  ~MemoryBound() {
#ifndef __SANITIZE_ADDRESS__  // whose own memory would be counted
    CHECK(peak_memory() <= most_);
#endif
  }
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;

 private:
  std::uint64_t most_;
};

}  // namespace weightloom::test
