#pragma once
// The RocksDB side of a store: column families, options, and statuses as errors. Private to the module.

#include <rocksdb/db.h>

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

// docs/zoo_format.md says what each one holds.
enum class Family : std::size_t {
  kDefault,
  kMeta,
  kRow,
  kName,
  kRef,
  kObj,
  kW,
  kEdge,
  kTok,
  kStat,
  kTrash,
  kLog,
  kIndex
};
inline constexpr std::size_t kFamilies = 13;

// A batch over all families: everything or nothing.
class Batch {
 public:
  void put(Family family, std::string_view key, std::string_view value);
  void erase(Family family, std::string_view key);
  // Whatever keys the family has, of those that do not begin with 255.
  void erase_all(Family family);
  std::size_t bytes() const { return batch_.GetDataSize(); }
  void clear() { batch_.Clear(); }

 private:
  friend class Database;
  explicit Batch(const std::array<rocksdb::ColumnFamilyHandle*, kFamilies>& handles) : handles_(handles) {}
  rocksdb::WriteBatch batch_;
  const std::array<rocksdb::ColumnFamilyHandle*, kFamilies>& handles_;
};

// What was written lies in tables with checksums when the database closes; the log keeps a second copy of what the last
// session wrote. Tables that a few small sessions leave are merged on closing, so that their number stays bounded.
class Database {
 public:
  // kSalvage: for writing, damaged entries of the log are left out, and damaged tables do not keep it from opening.
  // The others refuse such a log; only an unfinished entry at its end, which was never acknowledged, is passed over.
  enum class Mode { kCreate, kWrite, kRead, kSalvage };
  // `path` is the database's own folder. Families that a store of an older schema lacks are made for writing, and are
  // empty for reading. Throws Error as status_error() makes it.
  Database(const std::filesystem::path& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::optional<std::string> get(Family family, std::string_view key) const;
  // Values of a family as it is now: faster than get() for many keys in order. The database outlives it.
  class Cursor {
   public:
    // Valid until the next call; nothing where there is no such key.
    std::optional<std::string_view> get(std::string_view key);

   private:
    friend class Database;
    Cursor(const Database& database, Family family);
    const Database& database_;
    std::unique_ptr<rocksdb::Iterator> at_;  // null: there is no such family
  };
  Cursor cursor(Family family) const { return {*this, family}; }
  bool has(Family family, std::string_view key) const { return get(family, key).has_value(); }
  // Visits keys that begin with `prefix` in order until `visit` returns false.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  void scan(Family family, std::string_view prefix, const Visitor& visit) const;
  // The same from a key on, to the last one.
  void scan_from(Family family, std::string_view from, const Visitor& visit) const;
  // Visits the first key from `from` on, then the first one from what `visit` returns on, which lies behind the key.
  using Walker = std::function<std::optional<std::string>(std::string_view key, std::string_view value)>;
  void walk(Family family, std::string_view from, const Walker& visit) const;
  // Visits all keys in `parts` threads, each a share of the range by their first byte; `visit` is called with the
  // number of the share. What it throws is thrown on.
  using PartVisitor = std::function<void(std::size_t part, std::string_view key, std::string_view value)>;
  void scan_in_parallel(Family family, std::size_t parts, const PartVisitor& visit) const;
  // The same of those of `keys` that there are.
  void get_in_parallel(Family family, const std::vector<std::string>& keys, std::size_t parts,
                       const PartVisitor& visit) const;

  Batch batch() const { return Batch(handles_); }
  // `sync`: durable, with everything written before it, when this returns.
  void write(Batch& batch, bool sync = true);

  // For what RocksDB does with a whole database.
  rocksdb::DB& handle() const { return *db_; }

  // Re-reads every file against the checksum recorded when it was written. Throws kDamaged.
  void verify_files() const;

  // A file of a family's entries, and the first key in it. What the log alone holds is written to such files first.
  struct Table {
    Family family;
    std::filesystem::path file;
    std::string first;
  };
  std::vector<Table> live_tables() const;

  // Its files that are never changed, each with the session of the database that wrote it. Throws kDamaged.
  std::map<std::filesystem::path, std::string> tables() const;

  // Rewrites a family's tables without what was erased.
  void compact(Family family);
  std::uint64_t table_bytes(Family family) const;

 private:
  [[noreturn]] void fail(const rocksdb::Status& status, const char* action) const;
  void check(const rocksdb::Status& status, const char* action) const {
    if (!status.ok()) fail(status, action);
  }
  std::filesystem::path path_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> handles_{};  // null: the store has no such family
  friend class KeptTables;
  void settle();
  std::size_t written_ = 0;
};

// While one lives the database removes no tables, not even those that are merged meanwhile. Must not outlive it.
class KeptTables {
 public:
  explicit KeptTables(const Database& database);
  ~KeptTables();
  KeptTables(const KeptTables&) = delete;
  KeptTables& operator=(const KeptTables&) = delete;

 private:
  const Database& database_;
};

}  // namespace weightloom
