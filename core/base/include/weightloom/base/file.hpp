#pragma once
// Reading files that may be hostile, and writing files that are never half there.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {

// Positioned reads on an opened descriptor whose size was taken once. [any-thread]
class FileReader {
 public:
  // Throws kNotFound / kFailure when the file cannot be opened or is not a regular file.
  explicit FileReader(const std::filesystem::path& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  std::uint64_t size() const noexcept { return size_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  // Fills `out` from byte `offset` on. Throws kRefused "file.truncated" when the file ends before.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// The whole file as text or bytes; throws kRefused when it is larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = 256u << 20);

// The failure `what` to make or write `path`, for a value of errno: kOverQuota when there is no room, else kFailure.
Error write_error(std::string id, std::string what, int error, const std::filesystem::path& path);

// Writes to a temporary sibling; commit() makes it durable (fsync, rename, fsync of the folder) and visible under
// `path`. Without commit() nothing remains. Disk-full and permission errors name the path (kFailure, or kOverQuota for
// ENOSPC).
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view content);

// Throws what AtomicFile would: before long work whose result goes there.
void expect_writable(const std::filesystem::path& path);

// Makes a folder and its missing parents. What was made and is still empty goes away with the object, so that a failure
// leaves nothing behind.
class NewFolder {
 public:
  NewFolder(std::filesystem::path path, std::error_code& error);
  ~NewFolder();
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

 private:
  std::vector<std::filesystem::path> made_;  // innermost first
};

}  // namespace weightloom
