#pragma once
// Bytes of objects, one piece after the other. Private to the module.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {

inline constexpr std::size_t kPiece = 1u << 20;  // bytes that are read or copied at a time
inline constexpr std::size_t kDigestBytes = 32;  // of SHA-256

class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  // Fills `out` with the next bytes. Throws when there are fewer, or they are damaged.
  virtual void read(std::span<std::byte> out) = 0;
};

// Of bytes that outlive it.
class MemorySource : public ObjectSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : left_(bytes) {}
  void read(std::span<std::byte> out) override;

 private:
  std::span<const std::byte> left_;
};

class TextSource : public ObjectSource {
 public:
  explicit TextSource(std::string bytes) : bytes_(std::move(bytes)), source_(std::as_bytes(std::span(bytes_))) {}
  void read(std::span<std::byte> out) override { source_.read(out); }

 private:
  std::string bytes_;
  MemorySource source_;
};

class FileSource : public ObjectSource {
 public:
  explicit FileSource(const std::filesystem::path& path) : file_(path) {}
  void read(std::span<std::byte> out) override;

 private:
  FileReader file_;
  std::uint64_t at_ = 0;
};

// Hashes what goes through.
class HashedSource : public ObjectSource {
 public:
  explicit HashedSource(ObjectSource& source) : source_(source) {}
  void read(std::span<std::byte> out) override;
  std::string digest() { return to_hex(hash_.finish()); }

 private:
  ObjectSource& source_;
  Sha256 hash_;
};

}  // namespace weightloom
