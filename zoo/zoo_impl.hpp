#pragma once
// The state behind a Zoo, and the keys of its families. Private to the module.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "database.hpp"
#include "ledger.hpp"
#include "object_store.hpp"
#include "query_syntax.hpp"
#include "store_lock.hpp"
#include "trash.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// Objects that nobody has any more.
struct Released {
  std::set<std::string> objects;
  std::vector<std::filesystem::path> files;
  std::int64_t bytes = 0, inside = 0;  // inside: the database
};

// What satisfies a query, in its order.
struct FoundRows {
  struct Row {
    std::string raw, packed;  // the bytes of the id; the row
  };
  std::vector<Row> rows;    // at most as many as the query's limit says
  std::size_t matched = 0;  // how many there are without it
};

struct Zoo::Impl {
  std::filesystem::path directory;
  std::unique_ptr<StoreLock> lock;  // outlives the database
  std::unique_ptr<Database> database;
  std::string uuid;
  std::optional<Ledger> due;  // what the ledger's file said before the database was opened
  std::uint64_t erased = 0;   // bytes of small objects that tables still hold
  std::uint64_t step = 0;     // number of the first change that Zoo::Together holds together; 0: there is none

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  // For writing: nothing else has the lock.
  // `removes`: even where the disk is full.
  static std::unique_ptr<Impl> open_for_writing(const std::filesystem::path& directory, double wait_seconds,
                                                Database::Mode mode, bool removes = false);
  // Of this version, in a change.
  void put_schema(Change& change);
  Change change(const std::string& operation) const { return {directory, writable(), {operation, step}}; }
  // Throws kUsage when the zoo was opened for reading.
  Database& writable() const;
  std::optional<ZooRecord> record(const std::string& id) const;
  std::optional<TensorStatistics> statistics(const TensorRecord& tensor) const;  // as Zoo's
  // The record id that a reference means; throws kNotFound, kAmbiguous.
  std::string resolve(const std::string& reference) const;
  // The same; throws kUsage "zoo.is_alias" for an alias.
  std::string resolve_itself(const std::string& reference) const;
  // Are these no more than the trash keeps beside what is left?
  bool trash_keeps(const std::set<std::string>& ids) const;
  // Removes for good from the trash what has to give way before these are moved to it, and says so.
  void make_room(const std::set<std::string>& ids);
  // The same of what is too much for it; never what the present step moved there.
  void bound_trash();
  // The one that a name, an id or its first digits mean. Throws kNotFound, kAmbiguous.
  TrashEntry find_in_trash(const std::string& reference) const;
  // Removes networks from the trash for good; none when it is not `really` meant.
  Garbage clear_trash(std::set<std::string> ids, bool really);
  // The ids of those that were removed this long ago.
  std::set<std::string> old_in_trash(double seconds) const;
  // Erases a network from everything but objects, and the objects that neither a network beyond `leaving` nor `kept`
  // has; these are for dispose().
  void erase(Change& change, const ZooRecord& record, const std::set<std::string>& leaving,
             const std::set<std::string>& kept, Released& released);
  // The same of one that is not in the zoo, but in the trash.
  void let_go(Change& change, const ZooRecord& record, const std::set<std::string>& leaving,
              const std::set<std::string>& kept, Released& released);
  // After the change: removes the files.
  void dispose(const Released& released);
  // The objects of a network, and those that they are stored as the difference from.
  std::set<std::string> held_objects(const ZooRecord& record) const;
  FoundRows found(const Query& query) const;
  std::vector<std::string> children(const std::string& id) const;
  // Ids reached over parent links, nearest first.
  enum class Lineage { kUp, kDown };
  std::vector<std::string> relatives(const std::string& id, Lineage direction) const;
};

namespace keys {
inline std::string name(const std::string& name) {
  return "n/" + name;
}
inline std::string alias(const std::string& alias) {
  return "a/" + alias;
}
inline bool is_alias(std::string_view key) {
  return key.starts_with("a/");
}
// The name or alias of a key of the family of names.
inline std::string text(std::string_view key) {
  return std::string(key.substr(2));
}
inline std::string reference(const std::string& object, const std::string& record) {
  return from_hex(object) + from_hex(record);
}
inline std::string edge_prefix(const std::string& parent) {
  return parent + '\0';
}
inline std::string edge(const std::string& parent, const std::string& child) {
  return edge_prefix(parent) + from_hex(child);
}
inline std::string statistics(const TensorRecord& tensor) {
  return from_hex(tensor.object) + static_cast<char>(tensor.dtype);
}
inline std::optional<DType> dtype_of_statistics(std::string_view key) {
  if (key.size() != Digest().size() + 1) return std::nullopt;
  const auto code = static_cast<unsigned char>(key.back());
  if (code > static_cast<unsigned char>(DType::kF4)) return std::nullopt;
  return static_cast<DType>(code);
}
inline std::string tokens(const std::string& record, const std::string& tokenizer) {
  return from_hex(record) + from_hex(tokenizer);
}
}  // namespace keys

inline constexpr std::size_t kIdBytes = 16;  // of a record or a zoo
inline constexpr std::size_t kReferenceBytes = Digest().size() + kIdBytes;
std::string random_id();
std::string now_text();
Error name_taken(const std::string& name);
// May a network or an alias be called that?
bool is_name(const std::string& name);
// Throws kUsage "zoo.bad_name" where it may not.
void check_name(const std::string& name);
// That an object cannot be read, as what it is to a network.
Error damaged_weights(const std::string& network, const std::string& tensor, const Error& error);

// What records and rows of a network are in the database.
void put_facts(Change& change, const ZooRecord& record);
// Brings what is stored of a network from `old` to `now`, which may have another name.
void restate(Change& change, const ZooRecord& old, const ZooRecord& now);
// None of these, as they are in the change, descends from itself. Throws kUsage "zoo.circle".
void expect_no_circle(const Change& change, const std::vector<ZooRecord>& records);
// Takes a network out of everything but its token streams, references and objects.
void take_out(const Database& database, Change& change, const ZooRecord& record);
// The same, and into the trash.
void to_trash(const Database& database, Change& change, const ZooRecord& record);
// And back, with those aliases that are free. Throws kUsage "zoo.name_taken".
void from_trash(Change& change, TrashEntry entry, const std::string& name);

std::string encode_record(const ZooRecord& record);
// Throws kDamaged.
ZooRecord decode_record(std::string_view bytes);

}  // namespace weightloom
