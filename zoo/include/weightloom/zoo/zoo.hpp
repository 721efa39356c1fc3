#pragma once
// The model store: RocksDB for everything transactional, content-addressed files for large objects
// (docs/zoo_format.md). No LibTorch.

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/zoo/history.hpp"
#include "weightloom/zoo/query.hpp"
#include "weightloom/zoo/record.hpp"
#include "weightloom/zoo/statistics.hpp"

namespace weightloom {

struct BackupOptions;  // backup.hpp
struct BackupResult;
struct StoredObjects;  // of the module

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
  Json columns;  // of Zoo::list(): the values of the columns that were asked for, by name; null where there is none
};

struct Listing {
  std::vector<RecordSummary> networks;
  std::size_t matched = 0;  // how many satisfy the query, its limit aside
};

enum class VerifyLevel {
  kQuick,    // records, names, rows, references and objects agree; object files exist with their sizes
  kDefault,  // quick, and every database file against its recorded checksum
  kDeep      // default, and every object against its hash
};

struct Finding {
  std::string kind;    // "missing-object", "changed-object", "bad-name", "bad-row", "bad-reference", "bad-record",
                       // "bad-trash", "bad-log", "bad-statistics", "bad-index", "database", "ledger", "orphan-file",
                       // "orphan-object"
  std::string object;  // the object id, name, record id or path that it is about
  std::vector<std::string> networks;  // names of the networks that it hits
  std::string advice;
  bool damage = true;  // false: harmless left-overs
};

// Something that repair() did, in words: "wrote the summary of 'mnist/mlp/3' anew".
using Repairs = std::vector<std::string>;

// What nothing refers to, and networks in the trash whose time is over.
struct Garbage {
  std::size_t objects = 0, files = 0, networks = 0;
  std::int64_t bytes = 0;  // of all
};

// Takes the weights of one network as they come (Zoo::store). Large tensors go to the disk at once. Not thread-safe.
class WeightsSink {
 public:
  // The tensors that follow may be stored as the difference from those of the same name of this network, by its id:
  // what it was trained from. Nothing else changes for who reads them.
  void derive_from(const std::string& parent);
  // Begins the next tensor. Throws kUsage "zoo.bad_tensor" for a name that is none or came before.
  void begin(const std::string& name, DType dtype, const Shape& shape);
  // Its bytes, in order, in any number of pieces.
  void append(std::span<const std::byte> bytes);
  // The weights hash of all that came. Throws kUsage "zoo.bad_tensor" when the last tensor is not complete.
  std::string weights_hash();

 private:
  friend class Zoo;
  struct Impl;
  explicit WeightsSink(Impl& impl) : impl_(impl) {}
  Impl& impl_;
};

// One open store. Readers may coexist with one writer and see the store as it was when they opened it. Not thread-safe;
// open one per thread or lock.
class Zoo {
 public:
  // kRemove: kWrite for what gives room back. On a full disk the database gives up what nobody needs of it.
  enum class Access { kRead, kWrite, kRemove };

  // What a call that was killed left is taken over. Throws kFailure when `directory` exists and is not empty, or cannot
  // be written, and kUsage "zoo.own_folder" in a zoo's own folders.
  static Zoo create(const std::filesystem::path& directory);
  // Throws kNoStore, kLocked (naming the owner), kRefused for a newer schema, kFailure "zoo.not_readable" where the
  // system forbids it, and kDamaged when the database is missing from a zoo, cannot be read or, for writing,
  // "zoo.behind" when it has forgotten something that was stored and "zoo.no_ledger" when nobody can tell (a reader
  // gets a warning in the log). `wait_seconds`: how long to wait for the writer's lock.
  static Zoo open(const std::filesystem::path& directory, Access access, double wait_seconds = 0);
  // Opens for writing, mends what records and objects still tell, and accepts what is there as all that there is: rows,
  // names, references and entries of objects are written anew, damaged entries of the database's log are left out. A
  // database with damaged tables is made anew from what they still tell; the old one is kept as `db.damaged` beside it.
  // Weights are never removed. Throws what open() does, but neither "zoo.behind" nor "zoo.no_ledger", and kFailure
  // "zoo.io" where the file system cannot exchange two folders.
  static Repairs repair(const std::filesystem::path& directory, double wait_seconds = 0,
                        const ProgressSink& progress = {});
  ~Zoo();
  Zoo(Zoo&&) noexcept;
  Zoo& operator=(Zoo&&) noexcept;

  const std::filesystem::path& directory() const;
  std::string uuid() const;

  // Stores records with their weights: objects first (durable), then one synced batch. All or nothing. Fills in id,
  // created, tensors, sizes and hashes, and returns the records as stored. Objects that are there but damaged are
  // mended. kReplace: a network that has the name goes as with remove(), its aliases lead to the new one, which links
  // to it as "replaces". A network whose id is in the trash comes back. Tensors of a network whose parent is in the zoo
  // are stored as the difference from the parent's where that takes less room. Throws kUsage "zoo.bad_name",
  // "zoo.name_taken", "zoo.bad_tensor" (a name or size of a tensor) and what expect_storable() does, kOverQuota when
  // the disk or the quota is full.
  enum class Taken { kRefuse, kReplace };
  std::vector<ZooRecord> add(std::vector<std::pair<ZooRecord, TensorMap>> networks, Taken taken = Taken::kRefuse);

  // The same for one network, called `name`, whose weights need not fit into memory: `produce` hands them to the sink
  // and returns the record. What it throws is thrown, and nothing remains.
  ZooRecord store(const std::string& name, const std::function<ZooRecord(WeightsSink&)>& produce,
                  Taken taken = Taken::kRefuse);

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
  std::vector<RecordSummary> summaries(const Query& query = {}) const { return list(query).networks; }
  // The same with `columns`: fields as queries know them, metrics in quotes where they are called like something else.
  // Throws kUsage "query.unknown_field" for one that no network has.
  Listing list(const Query& query, const std::vector<std::string>& columns = {}) const;
  // Words that commands and queries on this zoo may use, for completion: those that begin with `prefix`, once each.
  // kField: fixed fields, metrics and settings as queries write them, in quotes where they must be.
  enum class Word { kName, kAlias, kTag, kMetric, kField, kDataset, kFamily };
  std::vector<std::string> words(Word kind, const std::string& prefix = {}) const;
  std::size_t size() const;
  // Bytes that all objects take, each counted once.
  std::int64_t stored_bytes() const;
  // How many they may take; what would take more is refused with kOverQuota "zoo.quota". nullopt: any number.
  std::optional<std::uint64_t> quota() const;
  void set_quota(std::optional<std::uint64_t> bytes);

  // Metadata changes; each is one synced batch. Names and aliases share one set: what one has no other can get. An
  // alias moves when it exists; it does not stand for its network where that is renamed or removed, which is kUsage
  // "zoo.is_alias".
  // Everything but id, name, tensors; a thousand networks to a batch. Throws kUsage "zoo.circle" where a network would
  // descend from itself.
  void update(const std::vector<ZooRecord>& records);
  void update(const ZooRecord& record) { update(std::vector{record}); }
  void rename(const std::string& reference, const std::string& name);
  void set_alias(const std::string& alias, const std::string& reference);
  void remove_alias(const std::string& alias);
  std::vector<std::string> aliases(const std::string& record_id) const;
  // Moves networks to the trash, from which they come back with their aliases and token streams. The trash keeps as
  // many bytes of weights as the zoo's networks have, and 1 MiB in any case: what was removed longest ago gives way,
  // which a warning says, and networks that come to more go for good; what add() replaces stays however large it is.
  // kForGood: records, names, token streams, and every object that nothing else refers to. Returns what was done.
  Removal remove(const std::vector<std::string>& references, Removal how = Removal::kToTrash);
  Removal remove(const std::string& reference, Removal how = Removal::kToTrash) {
    return remove(std::vector{reference}, how);
  }
  // What remove() would do.
  Removal removal(const std::vector<std::string>& references) const;
  // What would give way in the trash if these were moved to it.
  Garbage crowded_out(const std::vector<std::string>& references) const;

  // What is in the trash, the last removed first.
  std::vector<TrashedNetwork> trash() const;
  // Brings a network back from the trash by its name, its id or the first digits of that; under another name when one
  // is given. Throws kNotFound, kAmbiguous, kUsage "zoo.name_taken".
  ZooRecord undelete(const std::string& reference, const std::string& name = {});

  // What was changed, the last first: all, or what concerns one network or alias, of which the name of then will do.
  // Kept of the last 10,000 changes at most, and of 64 MiB.
  std::vector<HistoryStep> history(const std::string& reference = {}) const;
  // Takes a step of the history back, the last one that was not taken back when none is named, in one batch; networks
  // that it added move to the trash. That is a step as well. Throws kNotFound "undo.nothing", and kUsage "undo.refused"
  // when what it changed has been changed since, or is gone for good.
  Undone undo(std::uint64_t number = 0);
  // While it lives, what is changed is one step of the history. Must not outlive the zoo.
  class Together {
   public:
    explicit Together(Zoo& zoo);
    ~Together();
    Together(const Together&) = delete;
    Together& operator=(const Together&) = delete;

   private:
    Zoo& zoo_;
    bool outermost_;
  };

  void put_tokens(const std::vector<std::pair<std::string, TokenStream>>& streams);  // by record id
  std::optional<TokenStream> tokens(const std::string& record_id, const std::string& tokenizer) const;
  // Of all tokenizers, as put_tokens() takes them.
  std::vector<std::pair<std::string, TokenStream>> all_tokens(const std::string& record_id) const;

  // Records reached over parent links, nearest first (up), or that descend from it (down).
  std::vector<ZooRecord> ancestors(const std::string& record_id) const;
  std::vector<ZooRecord> descendants(const std::string& record_id) const;

  // Ids of the networks that name it as a parent.
  std::vector<std::string> children(const std::string& record_id) const;

  // Removes what nothing refers to and what has been in the trash this long, and gives the room of what was removed
  // back to the disk. Throws kDamaged "zoo.damaged", and removes nothing, while verify() finds damage: what seems to be
  // garbage may be what is left of a network.
  Garbage collect_garbage(double trash_age_seconds = kTrashSeconds);
  // What it would remove. Throws the same.
  Garbage garbage(double trash_age_seconds = kTrashSeconds) const;

  // Finds damage; never repairs. An empty list means all is well.
  std::vector<Finding> verify(VerifyLevel level, const ProgressSink& progress = {}) const;

 private:
  struct Impl;
  class Addition;
  friend struct WeightsSink::Impl;
  friend BackupResult back_up(Zoo& zoo, const std::filesystem::path& folder, const BackupOptions& options,
                              const ProgressSink& progress);
  friend struct StoredObjects;
  friend class ExpectedRoom;
  explicit Zoo(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightloom
