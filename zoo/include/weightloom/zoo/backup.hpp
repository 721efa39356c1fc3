#pragma once
// Copies of a zoo that do not share its fate (docs/zoo_format.md, "Backups"). Each function is one complete operation;
// two on one folder exclude each other by a lock.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct Backup {
  std::uint32_t id = 0;  // counts up in its folder
  std::string created;   // ISO 8601 UTC
  std::string zoo;       // uuid
  std::size_t networks = 0;
  std::uint64_t bytes = 0;  // of weights in files and of the database, shared with other backups or not
};

struct BackupResult {
  Backup backup;
  std::size_t files_copied = 0, files_shared = 0;  // of weights; shared: an earlier backup has them
  std::uint64_t bytes_copied = 0;
  std::vector<std::uint32_t> removed;   // older backups
  std::vector<std::string> lacking;     // names of the networks that it lacks weights of
  std::vector<std::string> mended;      // files of the databases that were not what they were, and were written anew
  std::vector<std::uint32_t> regained;  // earlier backups that could not be restored and can be again
  std::vector<std::string> findings;    // what is still missing or damaged, as lost_backups(); more after a recheck
};

struct BackupOptions {
  std::size_t keep = 0;  // remove all but the newest so many; 0: none
  bool recheck = false;  // also read what earlier backups have, and copy again what is not as it was
  bool damaged = false;  // leave out weights that are not what they were
};

// Adds a backup of a zoo, open for writing, to a folder, new, empty or with backups of the same zoo. Only what no
// earlier backup has is copied; what is copied is checked against its hash. Damage in the folder keeps no backup out:
// what the new one shares with earlier ones is written anew, the rest is told. Throws kDamaged "backup.damaged" for
// weights that are not what they were, naming the networks, unless they may be left out; kUsage "backup.folder" for a
// folder that holds something else or lies in the zoo, "backup.diverged" when its newest backup is of a copy of the zoo
// that went another way; kLocked, and write_error().
BackupResult back_up(Zoo& zoo, const std::filesystem::path& folder, const BackupOptions& options = {},
                     const ProgressSink& progress = {});

struct RestoreResult {
  Backup backup;
  std::vector<std::string> lacking;  // names of the networks that lack weights
  Repairs repairs;                   // of a database that is damaged in the backup: what of it could not be kept
};

// Oldest first. Throws kNotFound "backup.none" when the folder holds no backups.
std::vector<Backup> backups(const std::filesystem::path& folder);

// Which backups there must be and cannot be restored, files of their databases being gone, in words: as far as that
// shows without reading files. Throws like backups().
std::vector<std::string> lost_backups(const std::filesystem::path& folder);

// Reads every file of every backup; returns what is missing or changed, and which backups that hits, in words, those of
// lost_backups() first.
std::vector<std::string> check_backups(const std::filesystem::path& folder, const ProgressSink& progress = {});

// Makes the zoo of a backup again (0: the newest) in a new or empty folder; one that an interrupted restore left is
// completed. Every file is checked on the way; those that are not what they were are left out, and the networks that
// lack weights then are told. Of a database with damaged tables what they still tell is restored, and repaired as by
// Zoo::repair(). Throws kNotFound "backup.none", kDamaged "backup.damaged" when files of the database are missing, and
// write_error(); no zoo is there then.
RestoreResult restore_backup(const std::filesystem::path& folder, const std::filesystem::path& zoo,
                             std::uint32_t id = 0, const ProgressSink& progress = {});

}  // namespace weightloom
