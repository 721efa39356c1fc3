#pragma once
// Backups of the database alone, by RocksDB's backup engine. Private to the module. Throws kDamaged "backup.damaged"
// and kFailure "backup.io".

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "database.hpp"

namespace rocksdb {
class BackupEngine;
}

namespace weightloom {

struct DatabaseBackup {
  std::uint32_t id;
  std::string metadata;
  std::uint64_t bytes;
};

class DatabaseBackups {
 public:
  // Of one folder, which is made where it is missing.
  explicit DatabaseBackups(const std::filesystem::path& folder);
  ~DatabaseBackups();
  DatabaseBackups(const DatabaseBackups&) = delete;
  DatabaseBackups& operator=(const DatabaseBackups&) = delete;

  // Those that are whole by what the folder shows, oldest first.
  std::vector<DatabaseBackup> list() const;
  // The others, which lack files.
  std::vector<std::uint32_t> damaged() const;
  // Returns its id. What was copied is checked.
  std::uint32_t add(const Database& database, const std::string& metadata);
  // One that is damaged, too. What only damaged ones have goes as well.
  void remove(std::uint32_t id);
  // Counts a backup that was lost whole among the damaged ones, so that its number is not given out again. Seen by
  // those that open the folder afterwards.
  void enter_lost(std::uint32_t id);
  // Where backups have what they share with the database: by its files, whether there is any or not.
  std::map<std::filesystem::path, std::filesystem::path> shared_files(const Database& database) const;
  // Throws when a file is missing or changed.
  void check(std::uint32_t id) const;
  // Into a folder that has no database.
  void restore(std::uint32_t id, const std::filesystem::path& database) const;
  // The same of one whose files have changed, as they are.
  void restore_damaged(std::uint32_t id, const std::filesystem::path& database) const;

 private:
  std::filesystem::path folder_;
  std::unique_ptr<rocksdb::BackupEngine> engine_;
};

}  // namespace weightloom
