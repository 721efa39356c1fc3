// Mending a zoo from its records and objects, and clearing away what nothing refers to.

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "database_salvage.hpp"
#include "fact_index.hpp"
#include "statistics_cache.hpp"
#include "store_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// Reads all records, and brings everything that follows from them into line.
class Repairer {
 public:
  Repairer(const fs::path& store, Database& database, const ProgressSink& progress)
      : store_(store), database_(database), progress_(progress), change_(store, database, {"repair"}) {}

  Repairs run() {
    database_.scan(Family::kMeta, "", [&](auto key, auto value) { return read(to_hex(key), value), true; });
    for (const auto& [id, record] : records_) {
      throw_if_interrupted();
      mend_facts(id, record);
      for (const auto& tensor : record.tensors) mend_object(record, tensor);
      if (progress_)
        progress_({.task = "repair", .done = ++done_, .total = records_.size(), .unit = "networks", .detail = nullptr});
    }
    mend_trash();
    drop_strays();
    drop_log();
    drop_wrong_statistics();
    mend_ledger();
    if (!done_repairs_.empty()) change_.commit();
    mend_index();
    return std::move(done_repairs_);
  }

  // What is done, for what goes along with it.
  Change& change() { return change_; }

  void name_zoo(const std::string& uuid) {
    change_.batch().put(Family::kDefault, "uuid", uuid);
    did("gave the zoo a new id: its next backups need another folder");
  }

 private:
  void did(std::string what) { done_repairs_.push_back(std::move(what)); }

  void read(const std::string& id, std::string_view value) {
    try {
      auto record = decode_record(value);
      if (record.id == id) {
        records_.emplace(id, std::move(record));
        return;
      }
    } catch (const Error&) {
    }
    unreadable_.insert(id);
  }

  void mend_facts(const std::string& id, const ZooRecord& record) {
    const auto key = from_hex(id);
    if (database_.get(Family::kRow, key) != encode_row(record)) {
      change_.put(Family::kRow, key, encode_row(record));
      did("wrote the summary of '" + record.name + "' anew");
    }
    mend_name(key, record);
    for (const auto& link : record.parents) {
      if (database_.get(Family::kEdge, keys::edge(link.parent, id)) == link.kind) continue;
      change_.put(Family::kEdge, keys::edge(link.parent, id), link.kind);
      did("wrote a link of '" + record.name + "' to its parent anew");
    }
  }

  // Of two networks of one name the second one gets another.
  void mend_name(const std::string& key, ZooRecord record) {
    const auto owner = database_.get(Family::kName, keys::name(record.name));
    const auto named = owner ? records_.find(to_hex(*owner)) : records_.end();
    const bool taken = !names_.insert(record.name).second ||
                       (named != records_.end() && named->second.name == record.name && *owner != key);
    if (taken) {
      const auto old = record.name;
      record.name += " " + record.id;
      put_facts(change_, record);
      change_.put(Family::kName, keys::name(record.name), key);
      did("named one of two networks called '" + old + "' '" + record.name + "'");
    } else if (owner != key) {
      change_.put(Family::kName, keys::name(record.name), key);
      did("wrote the name '" + record.name + "' anew");
    }
  }

  void mend_object(const ZooRecord& record, const TensorRecord& tensor) {
    if (seen_.insert(tensor.object).second &&
        mend_entry(tensor.object, "tensor '" + tensor.name + "' of '" + record.name + "'"))
      found_.insert(tensor.object);
    mend_reference(record, tensor.object);
    if (const auto on = bases(tensor.object))
      for (const auto& base : *on) mend_reference(record, base);
  }

  // Is the object sound, now or after its entry was mended? What it stands on is mended first, and everything at once:
  // the rest is told from the entries.
  bool mend_entry(const std::string& id, const std::string& what, std::size_t depth = 0) {
    if (is_sound(store_, database_, id)) return true;
    if (depth > kMostBases) return false;
    for (const auto& info : stored_forms(store_, database_, id)) {
      if (!info.base.empty() && !mend_entry(info.base, "what " + what + " stands on", depth + 1)) continue;
      if (!is_sound(store_, database_, id, info)) continue;
      auto batch = database_.batch();
      batch.put(Family::kObj, from_hex(id), encode(info));
      database_.write(batch);
      return did("found " + what + " again"), true;
    }
    return false;
  }

  void mend_reference(const ZooRecord& record, const std::string& object) {
    if (database_.has(Family::kRef, keys::reference(object, record.id))) return;
    change_.put(Family::kRef, keys::reference(object, record.id), "");
    did("wrote a reference of '" + record.name + "' anew");
  }

  // nullopt where they cannot be told.
  std::optional<std::vector<std::string>> bases(const std::string& object) const {
    try {
      return bases_of(database_, object);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  bool uses(const ZooRecord& record, const std::string& object) const {
    return std::ranges::any_of(record.tensors, [&](const auto& tensor) {
      if (tensor.object == object) return true;
      const auto on = bases(tensor.object);
      return !on || std::ranges::find(*on, object) != on->end();
    });
  }

  // Of what is in the trash only what could come back is kept.
  void mend_trash() {
    database_.scan(Family::kTrash, "", [&](auto key, auto value) {
      const auto id = to_hex(key);
      try {
        auto entry = decode_trash(value);
        for (const auto& tensor : entry.record.tensors) mend_object(entry.record, tensor);
        const bool whole = entry.record.id == id && !records_.contains(id) &&
                           std::ranges::all_of(entry.record.tensors,
                                               [&](const auto& tensor) { return found_.contains(tensor.object); });
        if (whole) return trashed_.emplace(id, std::move(entry.record)), true;
      } catch (const Error&) {
      }
      change_.erase(Family::kTrash, key);
      return did("let a removed network go that could not have come back"), true;
    });
  }

  void drop_log() {
    database_.scan(Family::kLog, "", [&](auto key, auto value) {
      try {
        decode_log_entry(key, value);
      } catch (const Error&) {
        change_.batch().erase(Family::kLog, key);
        did("left a damaged entry out of the history");
      }
      return true;
    });
  }

  // Rows, names and references of records that are not there. What belongs to one that cannot be read stays.
  void drop_strays() {
    const auto gone = [&](const std::string& id) { return !records_.contains(id) && !unreadable_.contains(id); };
    database_.scan(Family::kRow, "", [&](auto key, auto) {
      if (!gone(to_hex(key))) return true;
      change_.erase(Family::kRow, key);
      return did("removed a summary without a record"), true;
    });
    database_.scan(Family::kName, "", [&](auto key, auto id) {
      const auto found = records_.find(to_hex(id));
      const bool other = found != records_.end() && !keys::is_alias(key) && keys::text(key) != found->second.name;
      if (!other && !gone(to_hex(id))) return true;
      change_.erase(Family::kName, key);
      return did("removed the name '" + keys::text(key) + "', which led nowhere"), true;
    });
    database_.scan(Family::kRef, "", [&](auto key, auto) {
      if (key.size() != kReferenceBytes)
        return change_.erase(Family::kRef, key), did("removed what is no reference"), true;
      const auto object = to_hex(key.substr(0, 32));
      const auto owned = [&](const std::map<std::string, ZooRecord>& records) {
        const auto owner = records.find(to_hex(key.substr(32)));
        return owner != records.end() && uses(owner->second, object);
      };
      if (owned(records_) || owned(trashed_) || unreadable_.contains(to_hex(key.substr(32)))) return true;
      change_.erase(Family::kRef, key);
      return did("removed a reference to an object that its network does not use"), true;
    });
  }

  // They are computed anew when they are asked for.
  void drop_wrong_statistics() {
    database_.scan(Family::kStat, "", [&](auto key, auto value) {
      throw_if_interrupted();
      const auto object = to_hex(key.substr(0, Digest().size()));
      const bool right =
          is_sound(store_, database_, object) && agrees(key, value, read_object(store_, database_, object));
      if (right) return true;
      change_.erase(Family::kStat, key);
      return did("forgot wrong statistics of object " + object), true;
    });
  }

  void mend_index() {
    if (is_indexed(database_) && index_sum(database_) == expected_index_sum(database_)) return;
    build_index(database_);
    did("made the index of facts anew");
  }

  void mend_ledger() {
    const auto stored = database_ledger(database_), file = file_ledger(store_);
    const auto counted = count_entries(database_);
    const bool agrees = stored && file && stored->same_entries(counted) && stored->sequence >= file->sequence;
    if (agrees) return;
    change_.recount(std::max(stored ? stored->sequence : 0, file ? file->sequence : 0));
    did("accepted " + std::to_string(counted.networks) + " networks and " + std::to_string(counted.names) +
        " names as all that there are");
  }

  const fs::path& store_;
  Database& database_;
  const ProgressSink& progress_;
  Change change_;
  std::map<std::string, ZooRecord> records_, trashed_;
  std::set<std::string> unreadable_, names_;
  std::set<std::string> seen_, found_;  // objects; found: those that are sound
  Repairs done_repairs_;
  std::size_t done_ = 0;
};

}  // namespace

namespace {

bool has_sound_tables(const Database& database) try {
  database.verify_files();
  return true;
} catch (const Error& error) {
  if (error.code() != ErrorCode::kDamaged) throw;
  return false;
}

// Damage in a table stays with it, whatever is written later: all that can be read goes into a new database.
std::string renew(const fs::path& store, std::unique_ptr<Database>& database) {
  const auto path = database_being_repaired(store);
  fs::remove_all(path);
  const auto lost = salvage(*database, path);
  database.reset();
  const auto kept = put_repaired_in_place(store);
  database = std::make_unique<Database>(database_path(store), Database::Mode::kWrite);
  return told_of_salvage("the database", lost) + "; they are kept in '" + kept.filename().string() + "'";
}

}  // namespace

Repairs Zoo::repair(const fs::path& directory, double wait_seconds, const ProgressSink& progress) {
  Repairs repairs;
  std::unique_ptr<Impl> impl;
  bool opens = true;
  try {
    impl = Impl::open_for_writing(directory, wait_seconds, Database::Mode::kWrite);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
    opens = false;
    impl = Impl::open_for_writing(directory, wait_seconds, Database::Mode::kSalvage);
  }
  if (!has_sound_tables(*impl->database))
    repairs.push_back(renew(impl->directory, impl->database));
  else if (!opens)
    repairs.push_back("left out damaged entries of the database's log");
  Repairer repairer(impl->directory, *impl->database, progress);
  impl->put_schema(repairer.change());
  if (impl->uuid.empty()) repairer.name_zoo(random_id());
  const auto done = repairer.run();
  repairs.insert(repairs.end(), done.begin(), done.end());
  return repairs;
}

namespace {

struct LeftOver {
  Garbage total;
  std::vector<std::string> objects;
  std::vector<fs::path> files;
};

// Throws kDamaged when anything else was found.
LeftOver left_over(const std::vector<Finding>& findings, const fs::path& store, const Database& database) {
  LeftOver out;
  std::error_code ignored;
  for (const auto& finding : findings) {
    if (finding.damage)
      throw Error(ErrorCode::kDamaged, "zoo.damaged", "will not remove anything from the zoo",
                  "it is damaged (" + finding.kind + " " + finding.object +
                      "), and what seems to be left over may belong to a network",
                  "see `weightloom zoo verify`");
    if (finding.kind == "orphan-file") {
      out.files.emplace_back(finding.object);
      out.total.bytes += static_cast<std::int64_t>(fs::file_size(finding.object, ignored));
      ++out.total.files;
    }
    if (finding.kind == "orphan-object") {
      const auto info = decode_object_info(database.get(Family::kObj, from_hex(finding.object)).value());
      out.objects.push_back(finding.object);
      if (info.file) out.files.push_back(object_path(store, finding.object, info));
      out.total.bytes += static_cast<std::int64_t>(info.room());
      ++out.total.objects;
    }
  }
  return out;
}

}  // namespace

Garbage Zoo::garbage(double trash_age_seconds) const {
  auto total = left_over(verify(VerifyLevel::kDefault), impl_->directory, *impl_->database).total;
  const auto trash = impl_->clear_trash(impl_->old_in_trash(trash_age_seconds), false);
  total.networks = trash.networks;
  total.bytes += trash.bytes;
  return total;
}

Garbage Zoo::collect_garbage(double trash_age_seconds) {
  auto& database = impl_->writable();
  auto found = left_over(verify(VerifyLevel::kDefault), impl_->directory, database);
  auto change = impl_->change("gc");
  for (const auto& id : found.objects) {
    const auto object = from_hex(id);
    for (const auto family : {Family::kObj, Family::kW}) change.erase(family, object);
    for (const auto family : {Family::kRef, Family::kStat})
      database.scan(family, object, [&](auto key, auto) { return change.erase(family, key), true; });
  }
  if (!found.objects.empty()) change.commit();
  const auto trash = impl_->clear_trash(impl_->old_in_trash(trash_age_seconds), true);
  found.total.networks = trash.networks;
  found.total.bytes += trash.bytes;
  std::error_code ignored;
  for (const auto& file : found.files) fs::remove(file, ignored);
  database.compact(Family::kW);
  return found.total;
}

}  // namespace weightloom
