#pragma once
// Content-addressed tensor bytes: small ones inside the database, large ones as files. Private to the module.

#include <cstddef>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "database.hpp"

namespace weightloom {

inline constexpr std::size_t kFileObjectBytes = 1u << 20;

struct ObjectInfo {
  bool file = false;  // a file of its own
  std::uint64_t bytes = 0;
};
std::string encode(const ObjectInfo& info);
// Throws kDamaged when `value` is not an entry of the object family.
ObjectInfo decode_object_info(std::string_view value);

std::filesystem::path object_path(const std::filesystem::path& store, const std::string& id);
// Where files are that are not complete; what is there belongs to the writer that holds the lock.
std::filesystem::path incoming_path(const std::filesystem::path& store);

// Puts new objects of one write, and again those whose bytes in the store are damaged. Files are durable when put()
// returns and are taken back unless keep() is called, which must precede the write of the batch that refers to them.
class ObjectWriter {
 public:
  ObjectWriter(const std::filesystem::path& store, Database& database) : store_(store), database_(database) {}
  ~ObjectWriter();
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  // Bytes of small objects go into `ahead`, which may be written before; that there is a file says `last`, the batch
  // that refers to it.
  void put(Batch& ahead, Batch& last, const std::string& id, std::span<const std::byte> bytes);
  void keep() { files_.clear(); }
  std::size_t written() const { return written_; }

 private:
  std::filesystem::path store_;
  Database& database_;
  std::set<std::string> new_ids_;
  std::size_t written_ = 0;
  std::vector<std::filesystem::path> files_;
};

// Are the object's bytes there, with the hash that they should have?
bool is_sound(const std::filesystem::path& store, const Database& database, const std::string& id);

// Throws kDamaged when the object is missing, or is a file whose bytes no longer have the hash `id`.
std::vector<std::byte> read_object(const std::filesystem::path& store, const Database& database, const std::string& id);

}  // namespace weightloom
