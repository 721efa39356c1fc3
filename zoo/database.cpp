#include "database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <future>
#include <thread>

#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::array<const char*, kFamilies> kNames{"default", "meta", "row",  "name",  "ref", "obj",  "w",
                                                    "edge",    "tok",  "stat", "trash", "log", "index"};
// A session that wrote more than this leaves an empty log, so that the next reader replays no long one.
constexpr std::size_t kLongLog = 1u << 20;
// Tables of a family that are merged, and files that are open at once. The newest table is merged with what a command
// writes: with fewer tables it grows larger before it is merged with the next one, and every command rewrites it.
constexpr int kMostTables = 6, kMostOpenFiles = 96;
// What a walk steps over one by one.
constexpr int kSteps = 8;
// Keys that are not worth a thread.
constexpr std::size_t kFewestKeys = 200;
// What is not merged by then is left to a later session.
constexpr std::chrono::minutes kLongestMerge{5};

// What RocksDB says goes to our log. Its own log is a file beside the data, which a full disk makes it abort on.
class LogBridge : public rocksdb::Logger {
 public:
  LogBridge() : Logger(rocksdb::WARN_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, 1024> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    log().debug("database: {}", text.data());
  }
};

rocksdb::DBOptions database_options(Database::Mode mode) {
  rocksdb::DBOptions options;
  options.create_if_missing = options.error_if_exists = mode == Database::Mode::kCreate;
  options.create_missing_column_families = mode != Database::Mode::kRead;
  options.info_log = std::make_shared<LogBridge>();
  options.stats_dump_period_sec = options.stats_persist_period_sec = 0;
  options.max_total_wal_size = 64u << 20;
  options.max_file_opening_threads = 1;
  options.max_open_files = kMostOpenFiles;
  options.skip_stats_update_on_db_open = mode == Database::Mode::kRead;  // for merges of tables
  options.wal_recovery_mode = mode == Database::Mode::kSalvage
                                  ? rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords
                                  : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = mode != Database::Mode::kSalvage;
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  return options;
}

std::shared_ptr<rocksdb::TableFactory> table_factory(std::size_t block_bytes, bool filter,
                                                     const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions options;
  options.block_cache = cache;
  options.block_size = block_bytes;
  options.format_version = 5;
  options.cache_index_and_filter_blocks = true;  // else they are read of every table, whatever is asked
  if (filter) options.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(options));
}

rocksdb::ColumnFamilyOptions family_options(Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  const bool large = family == Family::kW || family == Family::kTok;
  const bool scanned = family == Family::kRow || family == Family::kName || family == Family::kIndex;
  const bool filter = !scanned || family == Family::kRow;
  options.write_buffer_size = large ? 32u << 20 : 4u << 20;
  options.target_file_size_base = large ? 256u << 20 : 32u << 20;
  options.compression = large || scanned ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  options.memtable_protection_bytes_per_key = 8;
  // Tables of like size are merged: with levels, every few small writes would rewrite what random keys overlap, all.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = kMostTables;
  options.table_factory = table_factory(scanned ? 8u << 10 : 4u << 10, filter, cache);
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(std::size_t families) {
  const auto cache = rocksdb::NewLRUCache(16u << 20, 0);
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  for (std::size_t i = 0; i < families; ++i) out.emplace_back(kNames[i], family_options(static_cast<Family>(i), cache));
  return out;
}

// Stores of schema 3 end with the log, those before with the tokens.
constexpr std::array kOldFamilies{static_cast<std::size_t>(Family::kLog) + 1,
                                  static_cast<std::size_t>(Family::kTok) + 1};

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace

void Batch::put(Family family, std::string_view key, std::string_view value) {
  batch_.Put(handles_[static_cast<std::size_t>(family)], slice(key), slice(value));
}

void Batch::erase(Family family, std::string_view key) {
  batch_.Delete(handles_[static_cast<std::size_t>(family)], slice(key));
}

void Batch::erase_all(Family family) {
  batch_.DeleteRange(handles_[static_cast<std::size_t>(family)], "", "\xff");
}

Database::Database(const fs::path& path, Mode mode) : path_(path) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto options = database_options(mode);
  const auto open_for_reading = [&](std::size_t families) {
    return rocksdb::DB::OpenForReadOnly(options, path.string(), descriptors(families), &handles, &db);
  };
  auto status = mode == Mode::kRead ? open_for_reading(kFamilies)
                                    : rocksdb::DB::Open(options, path.string(), descriptors(kFamilies), &handles, &db);
  for (const auto families : kOldFamilies)
    if (mode == Mode::kRead && status.IsInvalidArgument()) status = open_for_reading(families);
  check(status, "open");
  db_.reset(db);
  std::copy(handles.begin(), handles.end(), handles_.begin());
}

namespace {

// Tables that a key may be in: each of the first level, and one of every other level that has any.
int sorted_runs(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle) {
  int runs = 0;
  for (int level = 0; level < db.NumberLevels(handle); ++level) {
    std::string files;
    if (!db.GetProperty(handle, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + std::to_string(level), &files)) break;
    runs += level == 0 ? std::stoi(files) : std::min(1, std::stoi(files));
  }
  return runs;
}

}  // namespace

// Failures are not told: what is not in a table stays in the log.
void Database::settle() {
  const auto skipped = written_ > kLongLog ? 0 : 1;  // the log lives as long as the default family is not flushed
  db_->Flush(rocksdb::FlushOptions(), {handles_.begin() + skipped, handles_.end()});
  const auto busy = [&] {
    std::uint64_t running = 0, failed = 0;
    db_->GetIntProperty(rocksdb::DB::Properties::kNumRunningCompactions, &running);
    db_->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &failed);
    return failed == 0 && (running > 0 || std::ranges::any_of(handles_, [&](auto* handle) {
                             return sorted_runs(*db_, handle) > kMostTables;
                           }));
  };
  const auto deadline = std::chrono::steady_clock::now() + kLongestMerge;
  while (busy() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

Database::~Database() {
  if (written_ > 0) settle();
  for (auto* handle : handles_)
    if (handle) db_->DestroyColumnFamilyHandle(handle);
  db_->Close();
}

std::optional<std::string> Database::get(Family family, std::string_view key) const {
  auto* handle = handles_[static_cast<std::size_t>(family)];
  if (!handle) return std::nullopt;
  std::string value;
  const auto status = db_->Get(rocksdb::ReadOptions(), handle, slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  check(status, "read");
  return value;
}

namespace {

std::unique_ptr<rocksdb::Iterator> iterator_over(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  return std::unique_ptr<rocksdb::Iterator>(db.NewIterator(options, handle));
}

// From where it is to the first key that is not before `key`. A few steps cost less than finding the place anew.
void move_on(rocksdb::Iterator& at, std::string_view key) {
  for (int step = 0; step < kSteps && at.Valid(); ++step) {
    if (view(at.key()) >= key) return;
    at.Next();
  }
  if (at.Valid() && view(at.key()) < key) at.Seek(slice(key));
}

}  // namespace

void Database::scan(Family family, std::string_view prefix, const Visitor& visit) const {
  scan_from(family, prefix, [&](auto key, auto value) { return key.starts_with(prefix) && visit(key, value); });
}

void Database::scan_from(Family family, std::string_view from, const Visitor& visit) const {
  auto* handle = handles_[static_cast<std::size_t>(family)];
  if (!handle) return;
  const auto at = iterator_over(*db_, handle);
  for (at->Seek(slice(from)); at->Valid(); at->Next())
    if (!visit(view(at->key()), view(at->value()))) break;
  check(at->status(), "read");
}

void Database::walk(Family family, std::string_view from, const Walker& visit) const {
  auto* handle = handles_[static_cast<std::size_t>(family)];
  if (!handle) return;
  const auto at = iterator_over(*db_, handle);
  for (at->Seek(slice(from)); at->Valid();) {
    const auto next = visit(view(at->key()), view(at->value()));
    if (!next) break;
    move_on(*at, *next);
  }
  check(at->status(), "read");
}

Database::Cursor::Cursor(const Database& database, Family family) : database_(database) {
  if (auto* handle = database.handles_[static_cast<std::size_t>(family)]) at_ = iterator_over(*database.db_, handle);
}

std::optional<std::string_view> Database::Cursor::get(std::string_view key) {
  if (!at_) return std::nullopt;
  if (at_->Valid() && view(at_->key()) <= key)
    move_on(*at_, key);
  else
    at_->Seek(slice(key));
  database_.check(at_->status(), "read");
  if (!at_->Valid() || view(at_->key()) != key) return std::nullopt;
  return view(at_->value());
}

namespace {

void in_parallel(std::size_t parts, const std::function<void(std::size_t part)>& work) {
  std::vector<std::future<void>> others;
  for (std::size_t part = 1; part < parts; ++part) others.push_back(std::async(std::launch::async, work, part));
  work(0);
  for (auto& other : others) other.get();
}

}  // namespace

void Database::scan_in_parallel(Family family, std::size_t parts, const PartVisitor& visit) const {
  auto* handle = handles_[static_cast<std::size_t>(family)];
  if (!handle) return;
  const auto scan_part = [&](std::size_t part) {
    const auto bound = [&](std::size_t at) {
      return std::string(at == 0 ? 0 : 1, static_cast<char>(at * 256 / parts));
    };
    const auto from = bound(part), to = bound(part + 1);
    const rocksdb::Slice end(to);
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    options.fill_cache = false;
    if (part + 1 < parts) options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, handle));
    for (at->Seek(from); at->Valid(); at->Next()) visit(part, view(at->key()), view(at->value()));
    check(at->status(), "read");
  };
  in_parallel(parts, scan_part);
}

void Database::get_in_parallel(Family family, const std::vector<std::string>& keys, std::size_t parts,
                               const PartVisitor& visit) const {
  parts = std::min(parts, 1 + keys.size() / kFewestKeys);
  in_parallel(parts, [&](std::size_t part) {
    for (auto i = part * keys.size() / parts; i < (part + 1) * keys.size() / parts; ++i)
      if (const auto value = get(family, keys[i])) visit(part, keys[i], *value);
  });
}

void Database::write(Batch& batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  check(db_->Write(options, &batch.batch_), "write");
  written_ += batch.bytes();
}

void Database::compact(Family family) {
  check(db_->CompactRange(rocksdb::CompactRangeOptions(), handles_[static_cast<std::size_t>(family)], nullptr, nullptr),
        "compact");
}

std::uint64_t Database::table_bytes(Family family) const {
  std::uint64_t bytes = 0;
  db_->GetIntProperty(handles_[static_cast<std::size_t>(family)], rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
  return bytes;
}

void Database::verify_files() const {
  check(db_->VerifyFileChecksums(rocksdb::ReadOptions()), "verify");
}

std::vector<Database::Table> Database::live_tables() const {
  check(db_->Flush(rocksdb::FlushOptions(), {handles_.begin(), handles_.end()}), "write");
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  std::vector<Table> tables;
  for (const auto& file : files) {
    const auto family = std::ranges::find(kNames, file.column_family_name) - kNames.begin();
    tables.push_back({static_cast<Family>(family), fs::path(file.db_path + file.name), file.smallestkey});
  }
  return tables;
}

KeptTables::KeptTables(const Database& database) : database_(database) {
  database_.check(database_.handle().DisableFileDeletions(), "read");
}

KeptTables::~KeptTables() {
  database_.handle().EnableFileDeletions(false).PermitUncheckedError();  // what is left is removed by the next session
}

std::map<fs::path, std::string> Database::tables() const {
  std::map<fs::path, std::string> out;
  for (auto* handle : handles_) {
    rocksdb::TablePropertiesCollection tables;
    check(db_->GetPropertiesOfAllTables(handle, &tables), "read");
    for (const auto& [path, properties] : tables) out[path] = properties->db_session_id;
  }
  return out;
}

void Database::fail(const rocksdb::Status& status, const char* action) const {
  const auto what = std::string("cannot ") + action + " the zoo's database '" + path_.string() + "'";
  const bool full = status.IsNoSpace() || status.ToString().find("No space left") != std::string::npos ||
                    status.ToString().find("File too large") != std::string::npos;
  if (full)
    throw Error(ErrorCode::kOverQuota, "zoo.disk_full", what, status.getState() ? status.getState() : status.ToString(),
                "free some space, then run the command again")
        .at(path_.string());
  // A file that the manifest names, or the manifest itself.
  const bool lost = status.IsPathNotFound() || status.ToString().find("No such file") != std::string::npos;
  if (status.IsCorruption() || lost)
    throw Error(ErrorCode::kDamaged, "zoo.damaged", what, status.ToString(),
                "run `weightloom zoo verify`, and restore the zoo from a backup")
        .at(path_.string());
  throw Error(ErrorCode::kFailure, "zoo.io", what, status.ToString(), "check that the folder is readable and writable")
      .at(path_.string());
}

}  // namespace weightloom
