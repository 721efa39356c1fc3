#pragma once
// Reading files that may be hostile, and writing files that are never half there. POSIX. Errors carry the path. The
// functions are [any-thread]; two writers of one path do not mix: the last commit wins.

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {

// Positioned reads on an opened descriptor, which it owns, and whose size was taken once. read() is [any-thread].
class FileReader {
 public:
  // Throws kNotFound or kFailure "file.open" when it cannot be opened, kFailure "file.kind" when it is no regular file.
  explicit FileReader(const std::filesystem::path& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  std::uint64_t size() const noexcept { return size_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  // Fills `out` from byte `offset` on. Throws kRefused "file.truncated", at the byte where it ends, when the file ends
  // before; kFailure "file.read" when the system cannot read.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  // Is the file still the one that was opened, with the size and time of change that it had? Something that wrote to it
  // meanwhile, or put another in its place, shows.
  bool unchanged() const;
  // A further descriptor at the file's beginning, for a library that reads by one; it is the caller's to close. Those
  // of one reader share their place in the file. Throws kFailure "file.open" when the process has too many.
  int duplicate() const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::array<std::int64_t, 5> identity_{};  // device, inode, size, time of change
};

// A file's bytes in memory without being read: pages come when they are looked at. For files of the program's own,
// which are replaced and never changed in place: of one that is cut while it is mapped a look ends the process.
// [any-thread]
class FileMapping {
 public:
  // Throws kFailure "file.map" when the system cannot.
  explicit FileMapping(const FileReader& file);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

// The whole file as text or bytes. Throws what FileReader does, and kRefused "file.too_large" beyond `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = 256u << 20);

// The failure `what` to make or write `path`, for a value of errno: kOverQuota when there is no room, else kFailure.
Error write_error(std::string id, std::string what, int error, const std::filesystem::path& path);

// Writes to a temporary sibling; commit() makes it durable (fsync, rename, fsync of the folder) and visible under
// `path`, readable by all. Of a link the file that it leads to is replaced. Without commit() nothing remains. At most
// one commit(), and no write() after it. Throws write_error() "file.write", and kFailure "file.kind" for a path that is
// a folder, a device or a pipe. Not thread-safe.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  // For files of the program's own: nothing is written through a link, which is replaced itself. The temporary file is
  // in `folder`, of the same file system.
  AtomicFile(std::filesystem::path path, const std::filesystem::path& folder);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();
  // The same under another path of the same file system, whose name is known only when everything is written; what is
  // there is replaced itself, be it a link.
  void commit_as(std::filesystem::path path);
  // Where it is until then.
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  void create_in(const std::filesystem::path& folder);
  [[noreturn]] void fail(const char* action) const;
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

// AtomicFile in one call. Takes two fsync: milliseconds.
void write_file(const std::filesystem::path& path, std::string_view content);

// Throws what AtomicFile would: before long work whose result goes there.
void expect_writable(const std::filesystem::path& path);

// Makes a folder and its missing parents; `error` says whether that failed. What was made and is still empty goes away
// with the object, so that a failure leaves nothing behind. Not thread-safe.
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
