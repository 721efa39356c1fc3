#include "weightloom/zoo/backup.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "database_backup.hpp"
#include "database_salvage.hpp"
#include "holders.hpp"
#include "store_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/zoo/place.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kMade = "backups.json";
constexpr const char* kFormat = "weightloom.backup/1";
constexpr std::uint64_t kLongestList = 1u << 30;

// A file below objects/, by its path there.
struct FileEntry {
  std::uint64_t bytes = 0;
  std::string sha256;  // of the file, which is the object's own only where it is stored as it is
};
using FileList = std::map<std::string, FileEntry>;

std::string to_text(const FileList& files) {
  std::string text;
  for (const auto& [path, entry] : files) text += entry.sha256 + " " + std::to_string(entry.bytes) + " " + path + "\n";
  return text;
}

// A delta is called by its own hash too: the same object may be another delta later.
constexpr std::string_view kDelta = ".delta";

std::string path_of_delta(const std::string& in_zoo, const std::string& sha256) {
  return in_zoo + "." + sha256;
}

std::string path_in_zoo(const std::string& path) {
  const auto delta = path.find(kDelta);
  return delta == std::string::npos ? path : path.substr(0, delta + kDelta.size());
}

// Nothing else is below objects/.
bool is_object_file(const std::string& path, const std::string& sha256) {
  const auto in_zoo = path_in_zoo(path);
  const bool delta = in_zoo.ends_with(kDelta);
  const auto digits = delta ? in_zoo.substr(0, in_zoo.size() - kDelta.size()) : in_zoo;
  return digits.size() == 65 && digits[2] == '/' && is_hex(digits.substr(0, 2)) && is_hex(digits.substr(3)) &&
         path == (delta ? path_of_delta(in_zoo, sha256) : in_zoo);
}

// `expected`: its hash, which the description of the backup holds.
FileList read_list(const fs::path& path, const std::string& expected) {
  const auto damaged = [&](const char* how = "is damaged") {
    return Error(ErrorCode::kDamaged, "backup.damaged", "cannot read a backup", std::string("its list of files ") + how,
                 "use another backup; `weightloom zoo backups --check` tells which ones are whole")
        .at(path.string());
  };
  if (!fs::exists(path)) throw damaged("is missing");
  const auto text = read_file(path, kLongestList);
  if (to_hex(sha256(text)) != expected) throw damaged();
  FileList files;
  std::istringstream lines(text);
  std::string digest, name;
  for (std::uint64_t bytes = 0; lines >> digest >> bytes >> name;) {
    if (digest.size() != 64 || !is_hex(digest) || !is_object_file(name, digest)) throw damaged();
    files[name] = {bytes, digest};
  }
  return files;
}

Error changed(const fs::path& path, const std::string& why) {
  return Error(ErrorCode::kDamaged, "backup.damaged", "cannot copy '" + path.string() + "'", why).at(path.string());
}

// Copies a file that must have the hash. Durable when it returns.
void copy_checked(const fs::path& from, const fs::path& to, const std::string& expected) {
  const FileReader in(from);
  if (fs::create_directories(to.parent_path())) sync_folder(to.parent_path().parent_path());
  AtomicFile out(to, to.parent_path());
  Sha256 hash;
  std::vector<std::byte> piece;
  for (std::uint64_t at = 0; at < in.size(); at += piece.size()) {
    throw_if_interrupted();
    piece.resize(std::min<std::uint64_t>(in.size() - at, kPiece));
    in.read(at, piece);
    hash.update(piece.data(), piece.size());
    out.write(piece.data(), piece.size());
  }
  if (to_hex(hash.finish()) != expected) throw changed(from, "its bytes are not what they were");
  out.commit();
}

// Of a file that is copied: it is missing, or not what it was.
bool is_loss(const Error& error) {
  return error.code() == ErrorCode::kDamaged || error.code() == ErrorCode::kNotFound;
}

bool has_size(const fs::path& path, std::uint64_t bytes) {
  std::error_code error;
  return is_own_file(path) && fs::file_size(path, error) == bytes;
}

// One folder of backups: db/ by the database's engine, objects/ as in a zoo, lists/ of the files of each backup.
class BackupFolder {
 public:
  explicit BackupFolder(fs::path folder) : folder_(std::move(folder)) {
    if (!fs::exists(folder_ / kBackupMarker))
      throw Error(ErrorCode::kNotFound, "backup.none", "no backups in '" + folder_.string() + "'", "",
                  "make one with `weightloom zoo backup`")
          .at(folder_.string());
    open();
  }

  // Sees what became of its files.
  void open() { engine_ = std::make_unique<DatabaseBackups>(folder_ / "db"); }
  DatabaseBackups& engine() { return *engine_; }
  fs::path object(const std::string& path) const { return folder_ / "objects" / path; }
  fs::path list_path(const std::string& name) const { return folder_ / "lists" / name; }

  struct Entry {
    Backup backup;
    std::string list, list_sha256, ledger;
    ChangeMark change;  // the zoo's last one
  };
  FileList files_of(const Entry& entry) const { return read_list(list_path(entry.list), entry.list_sha256); }
  std::vector<Entry> entries() const {
    std::vector<Entry> out;
    for (const auto& one : engine_->list())
      if (auto entry = decode(one)) out.push_back(*std::move(entry));
    return out;
  }

  bool lists_are_whole() const {
    try {
      for (const auto& one : entries()) files_of(one);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // Those of which files of the database, or descriptions, are missing or damaged.
  std::set<std::uint32_t> damaged() const {
    auto ids = made().value_or(std::set<std::uint32_t>());
    for (const auto id : engine_->damaged()) ids.insert(id);
    for (const auto& one : engine_->list()) decode(one) ? void(ids.erase(one.id)) : void(ids.insert(one.id));
    return ids;
  }

  // The same in words.
  std::vector<std::string> lost() const {
    std::vector<std::string> out;
    for (const auto id : damaged())
      out.push_back("backup " + std::to_string(id) + ": files of its database are missing or damaged");
    if (!made())
      out.push_back((folder_ / kMade).string() + " is damaged: whether backups were lost cannot be told; the next " +
                    "backup writes it anew");
    return out;
  }

  // Numbers that are given out once more would hide that backups were lost.
  void keep_numbers() {
    const auto due = made().value_or(std::set<std::uint32_t>());
    std::set<std::uint32_t> known;
    for (const auto& one : engine_->list()) known.insert(one.id);
    for (const auto id : engine_->damaged()) known.insert(id);
    if (due.empty() || (!known.empty() && *known.rbegin() >= *due.rbegin())) return;
    engine_->enter_lost(*due.rbegin());
    open();
  }

  // Writes files anew that backups share with the database, where they are not what the database has; gives their
  // paths. No other backup uses a file of that name, since what the database has never changes.
  std::vector<std::string> mend(const Database& database) {
    std::vector<std::string> out;
    const KeptTables kept(database);
    for (const auto& [from, to] : engine_->shared_files(database)) {
      if (!fs::exists(to)) continue;  // what is missing is copied with the next backup
      const auto hash = to_hex(sha256_file(from));
      if (to_hex(sha256_file(to)) == hash) continue;
      if (out.empty()) database.verify_files();
      copy_checked(from, to, hash);
      out.push_back(to.string());
    }
    open();
    return out;
  }

  // Says which backups there must be. Before some are removed, and after one was added.
  void write_made(const std::set<std::uint32_t>& ids) const { write_file(folder_ / kMade, Json(ids).dump() + "\n"); }

  // The newest for 0.
  Entry entry(std::uint32_t id) const {
    const auto all = entries();
    const auto damaged = this->damaged();
    const auto newest = damaged.empty() ? 0 : std::ranges::max(damaged);
    const bool meant =
        id == 0 ? all.empty() || newest > all.back().backup.id : std::ranges::find(damaged, id) != damaged.end();
    if (newest > 0 && meant)
      throw Error(ErrorCode::kDamaged, "backup.damaged",
                  "cannot restore backup " + std::to_string(id == 0 ? newest : id), "files of its database are missing",
                  all.empty() ? "no other backup is in the folder"
                              : "restore another one: --backup " + std::to_string(all.back().backup.id))
          .at(folder_.string());
    const auto found = id == 0 && !all.empty()
                           ? all.end() - 1
                           : std::ranges::find(all, id, [](const auto& one) { return one.backup.id; });
    if (found == all.end())
      throw Error(ErrorCode::kNotFound, "backup.none",
                  id == 0 ? "no backups in '" + folder_.string() + "'"
                          : "no backup " + std::to_string(id) + " in '" + folder_.string() + "'",
                  "", "`weightloom zoo backups` shows what there is")
          .at(folder_.string());
    return *found;
  }

  // Removes what no backup names any more: lists, then files. Of one that is damaged nobody can tell.
  void clear() {
    if (!damaged().empty() || !lists_are_whole()) return;
    std::set<std::string> lists, files;
    for (const auto& one : entries()) {
      lists.insert(one.list);
      for (const auto& [path, entry] : files_of(one)) files.insert(object(path).string());
    }
    std::error_code ignored;
    for (const auto& at : fs::directory_iterator(folder_ / "lists", ignored))
      if (!lists.contains(at.path().filename().string())) fs::remove(at.path(), ignored);
    std::vector<fs::path> unused;
    for (const auto& at : fs::recursive_directory_iterator(folder_ / "objects", ignored))
      if (at.is_regular_file(ignored) && !files.contains(at.path().string())) unused.push_back(at.path());
    for (const auto& path : not_led_to(std::move(unused), files)) fs::remove(path, ignored);
  }

 private:
  // nullopt where that cannot be read.
  std::optional<std::set<std::uint32_t>> made() const {
    if (!fs::exists(folder_ / kMade)) return std::set<std::uint32_t>();
    try {
      const auto json = parse_json(read_file(folder_ / kMade), "the list of backups");
      if (json.is_array() && std::ranges::all_of(json, [](const auto& id) { return id.is_number_unsigned(); }))
        return json.get<std::set<std::uint32_t>>();
    } catch (const Error&) {
    }
    return std::nullopt;
  }

  // nullopt where its description is damaged.
  static std::optional<Entry> decode(const DatabaseBackup& one) try {
    const auto json = parse_json(one.metadata, "a backup's description");
    Entry entry;
    entry.backup = {.id = one.id,
                    .created = member<std::string>(json, "created", "a backup"),
                    .zoo = member<std::string>(json, "zoo", "a backup"),
                    .networks = member<std::size_t>(json, "networks", "a backup"),
                    .bytes = one.bytes + member<std::uint64_t>(json, "file_bytes", "a backup")};
    entry.list = member<std::string>(json, "list", "a backup");
    entry.list_sha256 = member<std::string>(json, "list_sha256", "a backup");
    entry.ledger = member<std::string>(json, "ledger", "a backup");
    if (json.contains("change"))  // older ones do not say it
      entry.change = {member<std::uint64_t>(json, "change", "a backup"),
                      member<std::string>(json, "change_sha256", "a backup")};
    return entry;
  } catch (const Error&) {
    return std::nullopt;
  }

  fs::path folder_;
  std::unique_ptr<DatabaseBackups> engine_;
};

// Against a backup that is made meanwhile; on a medium that cannot be written there is none.
std::unique_ptr<StoreLock> lock_to_read(const fs::path& folder) {
  if (!fs::exists(folder / kBackupMarker)) return nullptr;
  try {
    return std::make_unique<StoreLock>(folder, 0);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kFailure) throw;
    return nullptr;
  }
}

bool is_below(const fs::path& inner, const fs::path& outer) {
  const auto relative = fs::weakly_canonical(inner).lexically_relative(fs::weakly_canonical(outer));
  return !relative.empty() && *relative.begin() != "..";
}

// What the folder says of itself; nullopt where that cannot be read.
std::optional<Json> marker_of(const fs::path& folder) try {
  auto marker = parse_json(read_file(folder / kBackupMarker, 4096), "the folder's description");
  return marker.is_object() ? std::optional(std::move(marker)) : std::nullopt;
} catch (const Error&) {
  return std::nullopt;
}

bool holds_backups_of(const fs::path& folder, const std::string& uuid) {
  const auto all = BackupFolder(folder).entries();
  return !all.empty() && std::ranges::all_of(all, [&](const auto& one) { return one.backup.zoo == uuid; });
}

// A folder that holds backups of this zoo, or may.
void expect_usable(const fs::path& folder, const fs::path& zoo, const std::string& uuid) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kUsage, "backup.folder", "cannot keep backups in '" + folder.string() + "'", why,
                "choose a new or empty folder, best on another disk")
        .at(folder.string());
  };
  if (is_below(folder, zoo) || is_below(zoo, folder)) refuse("it shares the folder of the zoo");
  expect_outside_zoos(folder);
  std::error_code error;
  if (fs::exists(folder / kBackupMarker)) {
    const auto marker = marker_of(folder);
    if (!marker && holds_backups_of(folder, uuid)) return;  // it is written anew
    if (!marker) refuse("its file " + std::string(kBackupMarker) + " is damaged, and no backup of this zoo is there");
    const auto says = [&](const char* key) { return marker->contains(key) ? marker->at(key) : Json(); };
    if (says("format") != kFormat) refuse("it was written by another version");
    if (says("zoo") != uuid) refuse("it holds backups of another zoo");
    return;
  }
  if (fs::exists(folder) && !fs::is_directory(folder)) refuse("it is no folder");
  const bool taken =
      std::any_of(fs::directory_iterator(folder, error), fs::directory_iterator(), [](const auto& entry) {
        const auto name = entry.path().filename().string();
        return name != "store.lock" && !name.starts_with(kBackupMarker);  // one begun
      });
  if (taken) refuse("it is not empty");
}

// Two copies of one zoo that each went on by themselves must not displace each other's backups.
void expect_continued(const fs::path& folder, const BackupFolder& backups, const Database& database) {
  const auto all = backups.entries();
  if (all.empty() || has_made(database, all.back().change)) return;
  throw Error(
      ErrorCode::kUsage, "backup.diverged", "cannot keep backups in '" + folder.string() + "'",
      "backup " + std::to_string(all.back().backup.id) +
          " there holds changes that this zoo has not made: it is of a copy of it that went another way",
      "keep the backups of this one in a folder of their own; `weightloom zoo merge` brings two copies together")
      .at(folder.string());
}

// What of the zoo cannot be copied, by its objects.
Error cannot_copy(const std::vector<std::string>& networks, const std::string& why) {
  std::string names;
  for (const auto& name : networks) names += (names.empty() ? "'" : ", '") + name + "'";
  return Error(ErrorCode::kDamaged, "backup.damaged", "cannot back up " + (names.empty() ? "the zoo" : names), why,
               "import their files again, which mends them, or remove them; with --damaged the backup leaves out what "
               "is damaged");
}

// Brings the zoo's files into a folder of backups.
class FileCopier {
 public:
  FileCopier(const fs::path& zoo, const Database& database, BackupFolder& folder, bool recheck,
             const ProgressSink& progress)
      : zoo_(zoo), database_(database), folder_(folder), recheck_(recheck), progress_(progress) {
    for (const auto& one : folder.entries()) try {
        known_.merge(folder.files_of(one));
      } catch (const Error& error) {
        log().warn("{}", error.what());  // what it names is copied again
      }
  }

  FileList run(BackupResult& result) {
    FileList files;
    database_.scan(Family::kObj, "", [&](auto key, auto value) {
      const auto id = to_hex(key);
      const auto info = decode_object_info(value);
      if (info.file) take_unless_damaged(id, info, files, result);
      return true;
    });
    return files;
  }

  // What was left out, and why the first of it.
  const std::set<std::string>& damaged() const { return damaged_; }
  const std::string& why() const { return why_; }

 private:
  void take_unless_damaged(const std::string& id, const ObjectInfo& info, FileList& files, BackupResult& result) {
    try {
      take(id, info, files, result);
    } catch (const Error& error) {
      if (!is_loss(error)) throw;
      if (damaged_.empty()) why_ = error.what();
      damaged_.insert(id);
    }
  }

  void take(const std::string& id, const ObjectInfo& info, FileList& files, BackupResult& result) {
    throw_if_interrupted();
    const auto from = object_path(zoo_, id, info);
    auto path = from.lexically_relative(zoo_ / "objects").generic_string();
    auto hash = id;
    if (!info.base.empty()) {
      hash = to_hex(sha256_file(from));
      path = path_of_delta(path, hash);
    }
    const FileEntry entry{info.room(), hash};
    if (has(path, entry)) {
      files[path] = entry;
      ++result.files_shared;
      return;
    }
    // That a delta is as it was written does not say that it still makes the object.
    if (!info.base.empty() && !is_sound(zoo_, database_, id)) throw changed(from, "its bytes are not what they were");
    copy_checked(from, folder_.object(path), hash);
    files[path] = entry;
    ++result.files_copied;
    result.bytes_copied += info.room();
    if (progress_)
      progress_({.task = "backup", .done = result.bytes_copied, .total = 0, .unit = "bytes", .detail = nullptr});
  }

  bool has(const std::string& path, const FileEntry& entry) const {
    const auto known = known_.find(path);
    const auto file = folder_.object(path);
    return known != known_.end() && known->second.bytes == entry.bytes && has_size(file, entry.bytes) &&
           (!recheck_ || to_hex(sha256_file(file)) == entry.sha256);
  }

  fs::path zoo_;
  const Database& database_;
  BackupFolder& folder_;
  bool recheck_;
  const ProgressSink& progress_;
  FileList known_;
  std::set<std::string> damaged_;
  std::string why_;
};

// Of the earlier backups, what was not mended. Shared files were read if the new one has them; a recheck reads all.
std::vector<std::string> still_damaged(BackupFolder& backups, std::uint32_t id, bool recheck) {
  auto out = backups.lost();
  for (const auto& one : backups.entries()) {
    if (!recheck || one.backup.id == id) continue;
    try {
      backups.engine().check(one.backup.id);
      backups.files_of(one);
    } catch (const Error& error) {
      if (!is_loss(error)) throw;
      out.push_back("backup " + std::to_string(one.backup.id) + ": " + error.what());
    }
  }
  return out;
}

// A damaged file that earlier backups share with it does not keep it out.
std::uint32_t add_to(BackupFolder& backups, const Database& database, const std::string& metadata,
                     BackupResult& result) {
  try {
    return backups.engine().add(database, metadata);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
    const auto mended = backups.mend(database);
    if (mended.empty()) throw;
    result.mended.insert(result.mended.end(), mended.begin(), mended.end());
    return backups.engine().add(database, metadata);
  }
}

}  // namespace

BackupResult back_up(Zoo& zoo, const fs::path& folder, const BackupOptions& options, const ProgressSink& progress) {
  const auto& database = zoo.impl_->writable();
  expect_usable(folder, zoo.directory(), zoo.uuid());
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw write_error("backup.folder", "cannot keep backups in '" + folder.string() + "'", error.value(), folder);
  const StoreLock lock(folder, 0);
  if (!marker_of(folder)) {
    expect_usable(folder, zoo.directory(), zoo.uuid());  // somebody else may have been first
    write_file(folder / kBackupMarker, Json{{"format", kFormat}, {"zoo", zoo.uuid()}}.dump() + "\n");
  }
  fs::create_directories(folder / "lists");
  BackupFolder backups(folder);
  backups.keep_numbers();
  BackupResult result;
  const auto damaged_before = backups.damaged();
  if (options.recheck || !damaged_before.empty()) result.mended = backups.mend(database);
  expect_continued(folder, backups, database);
  FileCopier copier(zoo.directory(), database, backups, options.recheck, progress);
  const auto files = copier.run(result);
  result.lacking = holders_of(database, copier.damaged());
  if (!copier.damaged().empty() && !options.damaged) throw cannot_copy(result.lacking, copier.why());
  const auto counted = database_ledger(database);
  const auto ledger = counted ? *counted : count_entries(database);
  std::uint64_t file_bytes = 0;
  for (const auto& [path, entry] : files) file_bytes += entry.bytes;
  const auto list = random_id();
  const auto text = to_text(files);
  write_file(backups.list_path(list), text);
  const auto change = newest_change(database, ledger.sequence);
  const Json metadata = {{"created", now_text()},
                         {"zoo", zoo.uuid()},
                         {"file_bytes", file_bytes},
                         {"networks", ledger.networks},
                         {"list", list},
                         {"list_sha256", to_hex(sha256(text))},
                         {"ledger", to_text(ledger)},
                         {"change", change.number},
                         {"change_sha256", change.sha256}};
  const auto id = add_to(backups, database, metadata.dump(), result);
  backups.open();
  std::set<std::uint32_t> ids = backups.damaged();
  for (const auto before : damaged_before)
    if (!ids.contains(before)) result.regained.push_back(before);
  for (const auto& one : backups.entries()) ids.insert(one.backup.id);
  while (options.keep > 0 && ids.size() > options.keep) result.removed.push_back(ids.extract(ids.begin()).value());
  backups.write_made(ids);
  for (const auto removed : result.removed) backups.engine().remove(removed);
  backups.open();
  backups.clear();
  result.findings = still_damaged(backups, id, options.recheck);
  result.backup = backups.entry(id).backup;
  return result;
}

std::vector<Backup> backups(const fs::path& folder) {
  std::vector<Backup> out;
  for (const auto& one : BackupFolder(folder).entries()) out.push_back(one.backup);
  return out;
}

std::vector<std::string> lost_backups(const fs::path& folder) {
  return BackupFolder(folder).lost();
}

std::vector<std::string> check_backups(const fs::path& folder, const ProgressSink& progress) {
  const auto lock = lock_to_read(folder);
  BackupFolder backups(folder);
  auto findings = backups.lost();
  FileList files;
  std::map<std::string, std::string> users;  // of files: the backups that hold them
  for (const auto& one : backups.entries()) {
    const auto name = "backup " + std::to_string(one.backup.id);
    try {
      backups.engine().check(one.backup.id);
      auto own = backups.files_of(one);
      for (const auto& [path, entry] : own)
        users[path] += (users[path].empty() ? "" : ", ") + std::to_string(one.backup.id);
      files.merge(std::move(own));
    } catch (const Error& error) {
      findings.push_back(name + ": " + error.what());
    }
  }
  const auto hit = [&](const std::string& path, const std::string& how) {
    findings.push_back("backup " + users[path] + ": " + backups.object(path).string() + how);
  };
  std::uint64_t done = 0;
  for (const auto& [path, entry] : files) {
    const auto file = backups.object(path);
    if (!has_size(file, entry.bytes))
      hit(path, " is missing or has another size");
    else if (to_hex(sha256_file(file)) != entry.sha256)
      hit(path, " has changed");
    if (progress)
      progress({.task = "check", .done = ++done, .total = files.size(), .unit = "files", .detail = nullptr});
  }
  return findings;
}

namespace {

// One that a restore left is gone on with.
void expect_restorable(const fs::path& zoo) {
  expect_outside_zoos(zoo);
  if (is_free_for_zoo(zoo) || state_of(zoo) == FolderState::kRestoring) return;
  throw Error(ErrorCode::kFailure, "zoo.exists", "cannot restore to '" + zoo.string() + "'", "the folder is not empty",
              "choose a new or empty folder")
      .at(zoo.string());
}

// Whatever is not what it was is left out: the database tells what it is missing to.
void restore_files(const BackupFolder& backups, const FileList& files, const fs::path& zoo,
                   const ProgressSink& progress) {
  std::size_t done = 0;
  for (const auto& [path, file] : files) {
    throw_if_interrupted();
    const auto to = zoo / "objects" / path_in_zoo(path);
    if (!has_size(to, file.bytes) || to_hex(sha256_file(to)) != file.sha256) try {
        copy_checked(backups.object(path), to, file.sha256);
      } catch (const Error& error) {
        if (!is_loss(error)) throw;
        log().warn("{}", error.what());
      }
    if (progress)
      progress({.task = "restore", .done = ++done, .total = files.size(), .unit = "files", .detail = nullptr});
  }
}

// Says what was done where that of the backup is damaged, and what it still tells is all that there is.
Repairs restore_database(const DatabaseBackups& engine, std::uint32_t id, const fs::path& zoo) {
  const auto restored = database_being_restored(zoo), damaged = database_being_repaired(zoo);
  for (const auto& path : {restored, damaged}) fs::remove_all(path);
  // Not known from a restore that fails: the engine goes on writing for a while then.
  try {
    engine.check(id);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
    engine.restore_damaged(id, damaged);
    const auto lost = salvage(Database(damaged, Database::Mode::kSalvage), restored);
    fs::remove_all(damaged);
    return {told_of_salvage("the backup's database", lost)};
  }
  engine.restore(id, restored);
  return {};
}

std::vector<std::string> networks_with_damage(const fs::path& zoo) {
  std::set<std::string> networks;
  for (const auto& finding : Zoo::open(zoo, Zoo::Access::kRead).verify(VerifyLevel::kDeep))
    if (finding.damage) networks.insert(finding.networks.begin(), finding.networks.end());
  return {networks.begin(), networks.end()};
}

std::vector<std::string> lacking_weights(const fs::path& zoo) {
  const Database database(database_being_restored(zoo), Database::Mode::kRead);
  return holders_of(database, lost_files(zoo, database));
}

}  // namespace

RestoreResult restore_backup(const fs::path& folder, const fs::path& zoo, std::uint32_t id,
                             const ProgressSink& progress) {
  const auto folder_lock = lock_to_read(folder);
  BackupFolder backups(folder);
  const auto entry = backups.entry(id);
  expect_restorable(zoo);
  std::error_code error;
  fs::create_directories(zoo, error);
  if (error) throw write_error("zoo.not_writable", "cannot restore to '" + zoo.string() + "'", error.value(), zoo);
  std::optional<StoreLock> lock(std::in_place, zoo, 0);
  write_file(restoring_mark(zoo), "");
  restore_files(backups, backups.files_of(entry), zoo, progress);
  fs::create_directories(incoming_path(zoo));
  auto repairs = restore_database(backups.engine(), entry.backup.id, zoo);
  write_file(ledger_path(zoo), entry.ledger);
  RestoreResult result{entry.backup, lacking_weights(zoo), std::move(repairs)};
  // From here on it is a zoo.
  fs::rename(database_being_restored(zoo), database_path(zoo));
  sync_folder(zoo);
  fs::remove(restoring_mark(zoo));
  if (result.repairs.empty()) return result;
  lock.reset();
  std::ranges::move(Zoo::repair(zoo, 0, progress), std::back_inserter(result.repairs));
  result.lacking = networks_with_damage(zoo);
  return result;
}

}  // namespace weightloom
