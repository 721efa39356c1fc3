#pragma once
// Content-addressed tensor bytes: small ones inside the database, large ones as files, either as they are or as the
// difference from another object. Private to the module.

#include <cstddef>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "database.hpp"
#include "object_source.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {

inline constexpr std::size_t kFileObjectBytes = 1u << 20;
// Deltas of deltas of ...: what reading one takes, and what hangs on one file.
inline constexpr std::size_t kMostBases = 20;

struct ObjectInfo {
  bool file = false;         // a file of its own
  std::uint64_t bytes = 0;   // of the object
  std::string base;          // the object that it is stored as the difference from (delta.hpp); empty: as it is
  std::uint64_t stored = 0;  // what a delta takes
  std::uint64_t room() const { return base.empty() ? bytes : stored; }
};
std::string encode(const ObjectInfo& info);
// Throws kDamaged when `value` is not an entry of the object family.
ObjectInfo decode_object_info(std::string_view value);

// The file of an object, as it is or as a delta.
std::filesystem::path object_path(const std::filesystem::path& store, const std::string& id);
std::filesystem::path delta_path(const std::filesystem::path& store, const std::string& id);
std::filesystem::path object_path(const std::filesystem::path& store, const std::string& id, const ObjectInfo& info);
// Where files are that are not complete; what is there belongs to the writer that holds the lock.
std::filesystem::path incoming_path(const std::filesystem::path& store);

// A new object that comes piece by piece: in memory while it is small, else in a temporary file.
class IncomingObject {
 public:
  // Of `bytes` bytes in all.
  IncomingObject(const std::filesystem::path& store, std::uint64_t bytes);
  void append(std::span<const std::byte> bytes);
  // When everything has come. Throws kUsage "zoo.bad_tensor" when it is not as much as was said.
  const std::string& id();
  // Those of a small object; empty for one in a file.
  std::span<const std::byte> inside() const { return memory_; }

 private:
  friend class ObjectWriter;
  std::unique_ptr<ObjectSource> source() const;
  std::uint64_t bytes_, come_ = 0;
  Sha256 hash_;
  std::string id_;
  std::vector<std::byte> memory_;
  std::unique_ptr<AtomicFile> file_;
};

// Smaller objects are never stored as differences.
inline constexpr std::size_t kSmallestDelta = 512;

// What an object may be stored as the difference from: an object that is in the store, and the width of its numbers.
struct ObjectBase {
  std::string id;  // empty: none
  std::size_t width = 4;
};

// Puts new objects of one write, and again those whose bytes in the store are damaged. Files are durable when keep()
// returns, which must precede the write of the batch that refers to them; without it they are taken back.
class ObjectWriter {
 public:
  ObjectWriter(const std::filesystem::path& store, Database& database) : store_(store), database_(database) {}
  ~ObjectWriter();
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  // Bytes of small objects go into `ahead`, which may be written before; that there is a file says `last`, the batch
  // that refers to it.
  void put(Batch& ahead, Batch& last, const std::string& id, std::span<const std::byte> bytes,
           const ObjectBase& base = {});
  void put(Batch& ahead, Batch& last, IncomingObject& object, const ObjectBase& base = {});
  void keep();
  // New objects in `ahead`, which may have been written.
  const std::set<std::string>& new_inside() const { return new_inside_; }
  std::size_t written() const { return written_; }
  // Bytes that they take.
  std::uint64_t room() const { return room_; }
  // What an object, put or stored before, stands on: its base, the base of that, ...
  std::vector<std::string> bases(const std::string& id) const;

 private:
  bool is_needed(const std::string& id);
  void put_inside(Batch& ahead, const std::string& id, std::string_view stored);
  bool put_delta(Batch& ahead, Batch& last, const std::string& id, std::uint64_t bytes, ObjectSource& object,
                 const ObjectBase& base);
  void commit(std::unique_ptr<AtomicFile> file, const std::filesystem::path& path);
  void wait(std::size_t most);

  std::filesystem::path store_;
  Database& database_;
  std::set<std::string> new_ids_, new_inside_;
  std::map<std::string, std::string> new_bases_;  // of new deltas
  std::size_t written_ = 0;
  std::uint64_t room_ = 0;
  std::vector<std::filesystem::path> files_;
  std::deque<std::future<void>> commits_;
};

// What a new object would take as the difference from `base`; nullopt where it would be stored as it is.
std::optional<std::uint64_t> delta_room(const std::filesystem::path& store, const Database& database,
                                        const std::string& id, std::span<const std::byte> bytes,
                                        const ObjectBase& base);

// An object's bytes as they stand in the store, unchecked but for their number. Throws kDamaged when it is missing, and
// like all that read objects kFailure "zoo.not_readable".
struct StoredObject {
  ObjectInfo info;
  std::unique_ptr<ObjectSource> source;
};
StoredObject open_object(const std::filesystem::path& store, const Database& database, const std::string& id);

// Are the object's bytes there, with the hash that they should have?
bool is_sound(const std::filesystem::path& store, const Database& database, const std::string& id);

// The same if its entry were `info`.
bool is_sound(const std::filesystem::path& store, const Database& database, const std::string& id,
              const ObjectInfo& info);

// What entries an object might have by the bytes that there are.
std::vector<ObjectInfo> stored_forms(const std::filesystem::path& store, const Database& database,
                                     const std::string& id);

// What an object is stored as the difference from, nearest first; empty for one that stands for itself or is missing.
std::vector<std::string> bases_of(const Database& database, const std::string& id);

// Throws kDamaged when the object is missing, or its bytes no longer have the hash `id`.
std::vector<std::byte> read_object(const std::filesystem::path& store, const Database& database, const std::string& id);

}  // namespace weightloom
