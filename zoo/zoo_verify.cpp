#include <algorithm>
#include <map>

#include "fact_index.hpp"
#include "statistics_cache.hpp"
#include "store_folder.hpp"
#include "tensor_records.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kRestore = "restore the zoo from a backup";
constexpr const char* kCollect = "no network uses it: `weightloom zoo gc` removes it";

class Verifier {
 public:
  // `due`: the ledger's file as it was before the database was opened; a writer may have changed it since.
  Verifier(const fs::path& store, const Database& database, const std::optional<Ledger>& due,
           const ProgressSink& progress)
      : store_(store), database_(database), due_(due), progress_(progress) {}

  std::vector<Finding> run(VerifyLevel level) {
    if (level != VerifyLevel::kQuick) guarded("database", [&] { database_.verify_files(); });
    guarded("records", [&] { records(); });
    guarded("index", [&] { index(); });
    guarded("trash", [&] { trash(); });
    guarded("names", [&] { names(); });
    guarded("history", [&] { history(); });
    guarded("ledger", [&] { ledger(); });
    guarded("references", [&] { references(); });
    guarded("objects", [&] { objects(level == VerifyLevel::kDeep); });
    // Beside a damaged database nobody can tell what belongs to no network.
    if (std::ranges::none_of(findings_, &Finding::damage)) {
      for (auto& id : unused_objects_) add("orphan-object", std::move(id), {}, kCollect, false);
      guarded("files", [&] { orphan_files(); });
    }
    return std::move(findings_);
  }

 private:
  void add(const char* kind, std::string object, std::vector<std::string> networks, std::string advice,
           bool damage = true) {
    findings_.push_back({kind, std::move(object), std::move(networks), std::move(advice), damage});
  }

  // Damage in one part of the database must not hide what the others show.
  template <class Check>
  void guarded(const char* part, Check check) {
    throw_if_interrupted();
    try {
      check();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted || is_forbidden(error)) throw;
      add("database", part, {}, std::string(error.what()) + "; " + kRestore);
    }
  }

  void records() {
    database_.scan(Family::kMeta, "", [&](auto key, auto value) {
      const auto id = to_hex(key);
      counted_.add(Family::kMeta, key, value);
      try {
        record(id, decode_record(value));
      } catch (const Error& error) {
        add("bad-record", id, {}, std::string(error.what()) + "; restore the zoo from a backup");
      }
      return true;
    });
    database_.scan(Family::kRow, "", [&](auto key, auto) {
      if (!names_.contains(to_hex(key)))
        add("bad-row", to_hex(key), {}, "a summary without a record; `weightloom zoo verify --repair` removes it");
      return true;
    });
  }

  void index() {
    if (is_indexed(database_) && index_sum(database_) != expected_index_sum(database_))
      add("bad-index", "facts", {},
          "queries may miss networks; `weightloom zoo verify --repair` makes the index anew from the summaries");
  }

  void record(const std::string& id, const ZooRecord& record) {
    names_[id] = holders_[id] = record.name;
    if (record.id != id || hash_of_tensors(record.tensors) != record.weights_hash)
      add("bad-record", id, {record.name}, "the record contradicts itself; restore the zoo from a backup");
    if (database_.get(Family::kRow, from_hex(id)) != encode_row(record))
      add("bad-row", id, {record.name},
          "the summary differs from the record; `weightloom zoo verify --repair` writes it anew");
    if (database_.get(Family::kName, keys::name(record.name)) != from_hex(id))
      add("bad-name", record.name, {record.name},
          "the name does not lead to its network; `weightloom zoo verify --repair` writes it anew");
    held(id, record);
  }

  // What a network or one in the trash holds.
  void held(const std::string& id, const ZooRecord& record) {
    const auto& holder = holders_.at(id);
    for (const auto& tensor : record.tensors) {
      hold(tensor.object, id, holder);
      for (const auto& base : bases_of_sound(tensor.object)) hold(base, id, holder);
    }
  }

  // What a damaged entry stands on cannot be told; that it is damaged is found among the objects.
  std::vector<std::string> bases_of_sound(const std::string& object) const {
    try {
      return bases_of(database_, object);
    } catch (const Error&) {
      return {};
    }
  }

  void hold(const std::string& object, const std::string& id, const std::string& holder) {
    users_[object].insert(holder);
    if (!database_.has(Family::kRef, keys::reference(object, id)))
      add("bad-reference", object, {holder},
          "the network does not hold its object; `weightloom zoo verify --repair` writes the reference anew");
    if (!database_.has(Family::kObj, from_hex(object)))
      add("missing-object", object, {holder}, "import the network again, or restore the zoo from a backup");
  }

  void trash() {
    database_.scan(Family::kTrash, "", [&](auto key, auto value) {
      const auto id = to_hex(key);
      counted_.add(Family::kTrash, key, value);
      const auto spoilt = [&](const std::string& why) {
        add("bad-trash", id, {}, why + "; `weightloom zoo verify --repair` lets it go");
      };
      try {
        const auto record = decode_trash(value).record;
        holders_.emplace(id, record.name + " (in the trash)");
        if (record.id != id || names_.contains(id) || hash_of_tensors(record.tensors) != record.weights_hash)
          spoilt("a removed network contradicts itself");
        held(id, record);
      } catch (const Error& error) {
        spoilt(error.what());
      }
      return true;
    });
  }

  void history() {
    database_.scan(Family::kLog, "", [&](auto key, auto value) {
      try {
        decode_log_entry(key, value);
      } catch (const Error& error) {
        add("bad-log", to_hex(key), {}, std::string(error.what()) + "; `weightloom zoo verify --repair` leaves it out");
      }
      return true;
    });
  }

  void names() {
    database_.scan(Family::kName, "", [&](auto key, auto id) {
      counted_.add(Family::kName, key, id);
      const auto found = names_.find(to_hex(id));
      if (found == names_.end() || (key.starts_with("n/") && key.substr(2) != found->second))
        add("bad-name", std::string(key.substr(2)), {},
            "the name leads nowhere; `weightloom zoo verify --repair` removes it");
      return true;
    });
  }

  void ledger() {
    const auto stored = database_ledger(database_);
    const auto& file = due_;
    if (!stored && !file) return;  // a zoo of schema 1
    const auto say = [&](std::string advice) { add("ledger", ledger_path(store_).string(), {}, std::move(advice)); };
    const auto entries = [](const Ledger& ledger) {
      const auto trashed =
          ledger.trashed ? ", " + std::to_string(ledger.trashed) + " removed networks," : std::string();
      return std::to_string(ledger.networks) + " networks" + trashed + " and " + std::to_string(ledger.names) +
             " names";
    };
    if (!file)
      return say(
          "the file that tells what the zoo holds is missing or damaged; if the zoo was copied, copy it whole, "
          "else write the file anew with `weightloom zoo verify --repair`");
    const bool behind = !stored || stored->sequence < file->sequence;
    if (behind && counted_.same_entries(*file))
      return say("the database's log is missing or was cut; all " + entries(*file) +
                 " are there; accept the zoo as it is with `weightloom zoo verify --repair`");
    const bool differ = !behind && stored->sequence == file->sequence && !stored->same_entries(*file);
    if (differ)
      return say("the file and the database tell different things of the same change; " + std::string(kRestore) +
                 ", or write the file anew with `weightloom zoo verify --repair`");
    if (behind || !counted_.same_entries(*stored))
      return say(entries(behind ? *file : *stored) + " were stored, " + entries(counted_) + " are there; " + kRestore +
                 ", or accept what is left with `weightloom zoo verify --repair`");
  }

  void references() {
    database_.scan(Family::kRef, "", [&](auto key, auto) {
      if (key.size() != kReferenceBytes)
        return add("bad-reference", to_hex(key), {}, "it is none; `weightloom zoo verify --repair` removes it"), true;
      const auto object = to_hex(key.substr(0, 32));
      const auto owner = holders_.find(to_hex(key.substr(32)));
      if (owner == holders_.end() || !users_[object].contains(owner->second))
        add("bad-reference", object, {}, "an object is held by a network that does not use it", false);
      return true;
    });
  }

  void objects(bool deep) {
    std::uint64_t done = 0;
    database_.scan(Family::kObj, "", [&](auto key, auto value) {
      throw_if_interrupted();
      try {
        object(to_hex(key), decode_object_info(value), deep);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kInterrupted || is_forbidden(error)) throw;
        add("changed-object", to_hex(key), {}, error.what());
      }
      if (progress_) progress_({.task = "verify", .done = ++done, .total = 0, .unit = "objects", .detail = nullptr});
      return true;
    });
    if (progress_)
      progress_(
          {.task = "verify", .done = done, .total = done, .unit = "objects", .detail = nullptr, .finished = true});
  }

  void object(const std::string& id, const ObjectInfo& info, bool deep) {
    const auto& users = users_[id];
    const std::vector<std::string> hit(users.begin(), users.end());
    const auto path = object_path(store_, id, info);
    if (info.file) known_files_.insert(path.string());
    if (users.empty()) return unused_objects_.push_back(id);  // whatever became of it
    std::error_code error;
    if (info.file && is_displaced(path))
      return add("changed-object", id, hit,
                 std::string(kDisplaced) + "; import the network again, or restore the zoo from a backup");
    if (info.file) expect_readable(path);
    if (info.file && fs::file_size(path, error) != info.room()) {
      add(error ? "missing-object" : "changed-object", id, hit,
          "import the network again, or restore the zoo from a backup");
      return;
    }
    if (!info.file && !deep && !database_.has(Family::kW, from_hex(id)))
      add("missing-object", id, hit, "import the network again, or restore the zoo from a backup");
    if (!deep) return;
    try {
      statistics(id, read_object(store_, database_, id), hit);
    } catch (const Error& broken) {
      if (is_forbidden(broken)) throw;
      add("changed-object", id, hit,
          std::string(broken.what()) + "; import the network again, or restore the zoo from a backup");
    }
  }

  void statistics(const std::string& id, std::span<const std::byte> bytes, const std::vector<std::string>& hit) {
    database_.scan(Family::kStat, from_hex(id), [&](auto key, auto value) {
      if (!agrees(key, value, bytes))
        add("bad-statistics", id, hit,
            "they are not those of the weights; `weightloom zoo verify --repair` forgets them");
      return true;
    });
  }

  void orphan_files() {
    const auto incoming = incoming_path(store_), objects = store_ / "objects";
    std::error_code error;
    if (!fs::exists(objects, error)) return;  // copies may come without folders that are empty
    expect_readable(objects);
    std::vector<fs::path> strays;
    for (fs::recursive_directory_iterator at(objects, error), end; !error && at != end; at.increment(error)) {
      const auto& path = at->path();
      if (path.parent_path() == incoming || !at->is_regular_file(error)) continue;  // the next writer clears those away
      if (!known_files_.contains(path.string())) strays.push_back(path);
    }
    if (error) throw Error(ErrorCode::kFailure, "zoo.io", "cannot read the folder of objects", error.message());
    for (const auto& path : not_led_to(std::move(strays), known_files_))
      add("orphan-file", path.string(), {}, kCollect, false);
  }

  const fs::path& store_;
  const Database& database_;
  const std::optional<Ledger>& due_;
  const ProgressSink& progress_;
  std::map<std::string, std::string> names_;            // record id -> name
  std::map<std::string, std::string> holders_;          // the same, and of those in the trash
  std::map<std::string, std::set<std::string>> users_;  // object -> names of networks
  std::set<std::string> known_files_;
  std::vector<std::string> unused_objects_;
  Ledger counted_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Zoo::verify(VerifyLevel level, const ProgressSink& progress) const {
  // Nobody else changes what the lock's holder verifies.
  const auto due = impl_->lock ? file_ledger(impl_->directory) : impl_->due;
  return Verifier(impl_->directory, *impl_->database, due, progress).run(level);
}

}  // namespace weightloom
