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
#include "weightloom/base/hash.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct Zoo::Impl {
  std::filesystem::path directory;
  std::unique_ptr<StoreLock> lock;  // outlives the database
  std::unique_ptr<Database> database;
  std::string uuid;
  std::optional<Ledger> due;  // what the ledger's file said before the database was opened
  std::uint64_t erased = 0;   // bytes of small objects that tables still hold

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  // For writing: nothing else has the lock.
  static std::unique_ptr<Impl> open_for_writing(const std::filesystem::path& directory, double wait_seconds,
                                                Database::Mode mode);
  // Of this version, in a change.
  void put_schema(Change& change);
  Change change() const { return {directory, writable()}; }
  // Throws kUsage when the zoo was opened for reading.
  Database& writable() const;
  std::optional<ZooRecord> record(const std::string& id) const;
  std::optional<TensorStatistics> statistics(const TensorRecord& tensor) const;  // as Zoo's
  // The record id that a reference means; throws kNotFound, kAmbiguous.
  std::string resolve(const std::string& reference) const;
  // The same; throws kUsage "zoo.is_alias" for an alias.
  std::string resolve_itself(const std::string& reference) const;
  // Erases a network from everything but objects, and the objects that neither a network beyond `leaving` nor `kept`
  // has; returns their files.
  std::vector<std::filesystem::path> erase(Change& change, const ZooRecord& record,
                                           const std::set<std::string>& leaving, const std::set<std::string>& kept);
  // Rows that satisfy the query in its order: (id, packed row).
  std::vector<std::pair<std::string, std::string>> rows(const Query& query) const;
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

// What records and rows of a network are in the database.
void put_facts(Change& change, const ZooRecord& record);

std::string encode_record(const ZooRecord& record);
// Throws kDamaged.
ZooRecord decode_record(std::string_view bytes);

}  // namespace weightloom
