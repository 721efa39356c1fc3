#pragma once
// Zip archives as PyTorch and NumPy write them, read as hostile input (PKWARE APPNOTE 6.3: central directory, Zip64,
// stored and deflated entries). Private to the module.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {

struct ZipEntry {
  std::string name;
  std::uint64_t data = 0;    // where its bytes begin in the file
  std::uint64_t stored = 0;  // bytes in the file
  std::uint64_t size = 0;    // bytes that they stand for
  std::uint32_t crc = 0;     // 0: not recorded
  bool deflated = false;
};

// The checksum of an entry whose bytes come one after the other.
class ZipChecksum {
 public:
  // The entry outlives it.
  explicit ZipChecksum(const ZipEntry& entry) : entry_(entry) {}
  void add(std::span<const std::byte> bytes);
  // When all have come. Throws kRefused "zip.damaged", of the archive at `path`.
  void check(const std::filesystem::path& path) const;

 private:
  const ZipEntry& entry_;
  unsigned long sum_ = 0;
};

// A relative path without "..", backslashes and control characters: what entries may be called.
bool is_plain_entry_name(const std::string& name);

class ZipArchive {
 public:
  // Reads the central directory. Throws what FileReader does, and kRefused "zip.<case>" (no_directory,
  // damaged, bad_name, duplicate_name, overlap, encrypted, method, ratio, limit_exceeded).
  explicit ZipArchive(const std::filesystem::path& path);
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  const std::vector<ZipEntry>& entries() const { return entries_; }
  // nullptr when there is none of that name.
  const ZipEntry* find(const std::string& name) const;
  // The bytes of an entry, held against its checksum. Throws kRefused "zip.damaged".
  std::vector<std::byte> read(const ZipEntry& entry) const;
  // At most so many bytes of one that is stored as it is, not held against its checksum.
  std::vector<std::byte> beginning(const ZipEntry& entry, std::uint64_t bytes) const;
  const std::filesystem::path& path() const { return file_.path(); }
  std::uint64_t bytes() const { return file_.size(); }  // of the file
  bool unchanged() const { return file_.unchanged(); }

 private:
  void read_directory();
  void check_entries();
  Error refusal(const char* id, std::string why, std::uint64_t offset = 0) const;

  FileReader file_;
  std::vector<ZipEntry> entries_;  // by where they begin
  std::map<std::string, const ZipEntry*> by_name_;
};

}  // namespace weightloom
