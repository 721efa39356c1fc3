#include "database_backup.hpp"

#include <rocksdb/utilities/backup_engine.h>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

void check_status(const rocksdb::Status& status, const char* action, const fs::path& folder) {
  if (status.ok()) return;
  const auto what = std::string("cannot ") + action + " the backup of the database in '" + folder.string() + "'";
  if (status.IsNoSpace() || status.ToString().find("No space left") != std::string::npos)
    throw Error(ErrorCode::kOverQuota, "backup.disk_full", what, status.ToString(),
                "free some space, then run it again")
        .at(folder.string());
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
      status.ToString().find("No such file") != std::string::npos)
    throw Error(ErrorCode::kDamaged, "backup.damaged", what, status.ToString(), "use another backup")
        .at(folder.string());
  throw Error(ErrorCode::kFailure, "backup.io", what, status.ToString(),
              "check that the folder is readable and writable")
      .at(folder.string());
}

}  // namespace

DatabaseBackups::DatabaseBackups(const fs::path& folder) : folder_(folder) {
  rocksdb::BackupEngine* engine = nullptr;
  check_status(
      rocksdb::BackupEngine::Open(rocksdb::BackupEngineOptions(folder.string()), rocksdb::Env::Default(), &engine),
      "open", folder);
  engine_.reset(engine);
}

DatabaseBackups::~DatabaseBackups() = default;

std::vector<DatabaseBackup> DatabaseBackups::list() const {
  std::vector<rocksdb::BackupInfo> infos;
  engine_->GetBackupInfo(&infos);
  std::vector<DatabaseBackup> out;
  for (const auto& info : infos) out.push_back({info.backup_id, info.app_metadata, info.size});
  return out;
}

std::vector<std::uint32_t> DatabaseBackups::damaged() const {
  std::vector<rocksdb::BackupID> ids;
  engine_->GetCorruptedBackups(&ids);
  return {ids.begin(), ids.end()};
}

std::uint32_t DatabaseBackups::add(const Database& database, const std::string& metadata) {
  rocksdb::CreateBackupOptions options;
  options.flush_before_backup = true;
  rocksdb::BackupID id = 0;
  check_status(engine_->CreateNewBackupWithMetadata(options, &database.handle(), metadata, &id), "write", folder_);
  try {
    check(id);
  } catch (const Error&) {
    engine_->DeleteBackup(id).PermitUncheckedError();
    throw;
  }
  return id;
}

void DatabaseBackups::remove(std::uint32_t id) {
  check_status(engine_->DeleteBackup(id), "remove", folder_);
}

void DatabaseBackups::enter_lost(std::uint32_t id) {
  // A description of no time and no change, and of one file, which is missing.
  write_file(folder_ / "meta" / std::to_string(id), "0\n0\n1\nlost crc32 0\n");
}

std::map<fs::path, fs::path> DatabaseBackups::shared_files(const Database& database) const {
  std::map<fs::path, fs::path> out;
  for (const auto& [path, session] : database.tables())
    // As the engine calls them (kUseDbSessionId with kFlagIncludeFileSize).
    out[path] = folder_ / "shared_checksum" /
                (path.stem().string() + "_s" + session + "_" + std::to_string(fs::file_size(path)) + ".sst");
  return out;
}

void DatabaseBackups::check(std::uint32_t id) const {
  check_status(engine_->VerifyBackup(id, true), "check", folder_);
}

void DatabaseBackups::restore(std::uint32_t id, const fs::path& database) const {
  check_status(engine_->RestoreDBFromBackup(rocksdb::RestoreOptions(), id, database.string(), database.string()),
               "restore", folder_);
}

void DatabaseBackups::restore_damaged(std::uint32_t id, const fs::path& database) const {
  rocksdb::BackupInfo info;
  check_status(engine_->GetBackupInfo(id, &info, true), "read", folder_);
  fs::create_directories(database);
  for (const auto& file : info.file_details) {
    const auto from = folder_ / file.relative_filename;
    // What is shared is called by its number, its session and its size.
    const auto shared = from.parent_path().filename() == "shared_checksum";
    const auto name = from.filename().string();
    const auto to = shared ? name.substr(0, name.find('_')) + from.extension().string() : name;
    std::error_code error;
    if (!fs::copy_file(from, database / to, error))
      throw Error(ErrorCode::kDamaged, "backup.damaged", "cannot restore the database in '" + folder_.string() + "'",
                  error.message(), "use another backup")
          .at(from.string());
  }
}

}  // namespace weightloom
