#pragma once
// The model store: RocksDB for everything transactional, content-addressed files for large objects
// (docs/zoo_format.md). No LibTorch.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/zoo/query.hpp"
#include "weightloom/zoo/record.hpp"
#include "weightloom/zoo/statistics.hpp"

namespace weightloom {

// The token stream of one network under one tokenizer; `payload` is the tokenizer's business (docs/token_format.md).
struct TokenStream {
  std::string tokenizer;     // tokenizer id, 64 hex digits
  std::string weights_hash;  // of the network it was made from: a mismatch means stale
  std::string payload;       // bytes
};

// What lists show: the facts that are kept packed for scanning, without the whole record.
struct RecordSummary {
  std::string id, name, architecture, dataset, family, split, source;  // source: SHA-256 of the imported file, or empty
  std::int64_t parameters = 0, bytes = 0;
  std::set<std::string> tags;
  std::map<std::string, double> metrics;
  std::string created;
};

enum class VerifyLevel {
  kQuick,    // records, names, rows, references and objects agree; object files exist with their sizes
  kDefault,  // quick, and every database file against its recorded checksum
  kDeep      // default, and every object against its hash
};

struct Finding {
  std::string kind;    // "missing-object", "changed-object", "bad-name", "bad-row", "bad-reference", "bad-record",
                       // "bad-statistics", "database", "ledger", "orphan-file", "orphan-object"
  std::string object;  // the object id, name, record id or path that it is about
  std::vector<std::string> networks;  // names of the networks that it hits
  std::string advice;
  bool damage = true;  // false: harmless left-overs
};

// Something that repair() did, in words: "wrote the summary of 'mnist/mlp/3' anew".
using Repairs = std::vector<std::string>;

// What nothing refers to.
struct Garbage {
  std::size_t objects = 0, files = 0;
  std::int64_t bytes = 0;
};

// One open store. Readers may coexist with one writer and see the store as it was when they opened it. Not thread-safe;
// open one per thread or lock.
class Zoo {
 public:
  enum class Access { kRead, kWrite };

  // Throws kFailure when `directory` exists and is not empty, or cannot be written.
  static Zoo create(const std::filesystem::path& directory);
  // Throws kNoStore, kLocked (naming the owner), kRefused for a newer schema, and kDamaged when the database cannot be
  // read or, for writing, "zoo.behind" when it has forgotten something that was stored (a reader gets a warning in the
  // log). `wait_seconds`: how long to wait for the writer's lock.
  static Zoo open(const std::filesystem::path& directory, Access access, double wait_seconds = 0);
  // Opens for writing, mends what records and objects still tell, and accepts what is there as all that there is: rows,
  // names, references and entries of objects are written anew, damaged entries of the database's log are left out.
  // Weights are never removed. Throws what open() does, but not "zoo.behind".
  static Repairs repair(const std::filesystem::path& directory, double wait_seconds = 0,
                        const ProgressSink& progress = {});
  ~Zoo();
  Zoo(Zoo&&) noexcept;
  Zoo& operator=(Zoo&&) noexcept;

  const std::filesystem::path& directory() const;
  std::string uuid() const;

  // Stores records with their weights: objects first (durable), then one synced batch. All or nothing. Fills in id,
  // created, tensors, sizes and hashes, and returns the records as stored. Objects that are there but damaged are
  // mended. kReplace: a network that has the name goes, its aliases lead to the new one, which links to it as
  // "replaces". Throws kUsage "zoo.bad_name", "zoo.name_taken", "zoo.bad_tensor" (a name or size of a tensor) and what
  // expect_storable() does, kOverQuota when the disk is full.
  enum class Taken { kRefuse, kReplace };
  std::vector<ZooRecord> add(std::vector<std::pair<ZooRecord, TensorMap>> networks, Taken taken = Taken::kRefuse);

  // `reference`: exact name, alias (`name@alias`), full id or a unique prefix of at least 4 digits. Throws kNotFound
  // with the nearest names, kAmbiguous.
  ZooRecord get(const std::string& reference) const;
  bool contains(const std::string& name) const;
  // Is it the name, an alias or the id of a network?
  bool knows(const std::string& reference) const;
  // Throws kUsage "zoo.is_alias" when it is an alias, and what get() does: before a network is renamed or removed.
  void expect_itself(const std::string& reference) const;
  // Are all bytes of its weights there, unchanged? Reads and hashes them.
  bool is_sound(const ZooRecord& record) const;
  // Writes those objects of a network again whose bytes are damaged or missing; `tensors` are its weights. Returns how
  // many. Throws kUsage "zoo.other_weights".
  std::size_t mend(const ZooRecord& record, const TensorMap& tensors);
  // Throws for `name` what add() would: before long work whose result gets it.
  void expect_free(const std::string& name) const;
  TensorMap weights(const ZooRecord& record) const;
  // What the values of one tensor of a network look like: as kept when it was stored, else computed from its bytes, and
  // then kept where the zoo was opened for writing. nullopt for types that statistics_of() does not read. Throws
  // kDamaged when the bytes are needed and are not there.
  std::optional<TensorStatistics> statistics(const TensorRecord& tensor) const;

  // Records that satisfy the query, sorted and limited as it says.
  std::vector<ZooRecord> find(const Query& query) const;
  std::vector<ZooRecord> all() const { return find(Query{}); }
  // The same, without fetching whole records: milliseconds for tens of thousands.
  std::vector<RecordSummary> summaries(const Query& query = {}) const;
  std::size_t size() const;
  // Bytes of all objects, each counted once.
  std::int64_t stored_bytes() const;

  // Metadata changes; each is one synced batch. Names and aliases share one set: what one has no other can get. An
  // alias moves when it exists; it does not stand for its network where that is renamed or removed, which is kUsage
  // "zoo.is_alias".
  void update(const ZooRecord& record);  // everything but id, name, tensors
  void rename(const std::string& reference, const std::string& name);
  void set_alias(const std::string& alias, const std::string& reference);
  void remove_alias(const std::string& alias);
  std::vector<std::string> aliases(const std::string& record_id) const;
  // Removes records, their names and token streams, and every object that nothing else refers to.
  void remove(const std::vector<std::string>& references);
  void remove(const std::string& reference) { remove(std::vector{reference}); }

  void put_tokens(const std::vector<std::pair<std::string, TokenStream>>& streams);  // by record id
  std::optional<TokenStream> tokens(const std::string& record_id, const std::string& tokenizer) const;

  // Records reached over parent links, nearest first (up), or that descend from it (down).
  std::vector<ZooRecord> ancestors(const std::string& record_id) const;
  std::vector<ZooRecord> descendants(const std::string& record_id) const;

  // Ids of the networks that name it as a parent.
  std::vector<std::string> children(const std::string& record_id) const;

  // Removes what nothing refers to, and gives the room of what was removed back to the disk. Throws kDamaged
  // "zoo.damaged", and removes nothing, while verify() finds damage: what seems to be garbage may be what is left of a
  // network.
  Garbage collect_garbage();
  // What it would remove. Throws the same.
  Garbage garbage() const;

  // Finds damage; never repairs. An empty list means all is well.
  std::vector<Finding> verify(VerifyLevel level, const ProgressSink& progress = {}) const;

 private:
  struct Impl;
  explicit Zoo(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightloom
