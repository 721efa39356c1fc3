#include "store_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/zoo/place.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kForbidden = "zoo.not_readable";
constexpr std::array kOwnFolders{"db", "db.creating", "db.restoring", "db.repairing", "objects", "growing"};
constexpr std::array kBackupFolders{"db", "objects", "lists"};

bool has_files(const fs::path& folder) {
  std::error_code error;
  const fs::recursive_directory_iterator at(folder, error), end;
  return std::any_of(at, end, [](const auto& entry) { return !entry.is_directory(); });
}

bool has_database(const fs::path& store) {
  const auto current = database_path(store) / "CURRENT";
  expect_readable(current);
  std::error_code error;
  return fs::exists(current, error);
}

// The ledger's file is written by the first change of a zoo; one that is being made has it before its database.
bool has_signs_of_a_zoo(const fs::path& store) {
  std::error_code error;
  if (fs::exists(store / "ledger", error) && !fs::exists(database_being_made(store), error)) return true;
  return fs::exists(store / "store.lock", error) &&
         (fs::exists(database_path(store), error) || has_files(store / "objects"));
}

bool is_left_over(const std::string& name) {
  return name == "store.lock" || name == "ledger" || name == "objects" || name == "db.creating" ||
         name.starts_with("ledger.tmp.") || name.starts_with("restoring.tmp.");
}

Error no_zoo(const fs::path& directory, const std::string& why, const std::string& hint) {
  return Error(ErrorCode::kNoStore, "zoo.no_store", "no zoo at '" + directory.string() + "'", why, hint)
      .at(directory.string());
}

}  // namespace

fs::path database_path(const fs::path& store) {
  return store / "db";
}

fs::path database_being_made(const fs::path& store) {
  return store / "db.creating";
}

fs::path database_being_restored(const fs::path& store) {
  return store / "db.restoring";
}

fs::path database_being_repaired(const fs::path& store) {
  return store / "db.repairing";
}

fs::path put_repaired_in_place(const fs::path& store) {
  const auto repaired = database_being_repaired(store), old = database_path(store);
  if (::renameat2(AT_FDCWD, repaired.c_str(), AT_FDCWD, old.c_str(), RENAME_EXCHANGE) != 0)
    throw Error(ErrorCode::kFailure, "zoo.io", "cannot put the repaired database in place of the damaged one",
                std::strerror(errno), "copy the zoo to another file system, and repair it there")
        .at(old.string());
  auto kept = store / "db.damaged";
  for (int i = 2; fs::exists(kept); ++i) kept = store / ("db.damaged." + std::to_string(i));
  fs::rename(repaired, kept);
  sync_folder(store);
  return kept;
}

fs::path restoring_mark(const fs::path& store) {
  return store / "restoring";
}

FolderState state_of(const fs::path& directory) {
  std::error_code error;
  if (has_database(directory)) return FolderState::kZoo;
  if (fs::exists(restoring_mark(directory), error)) return FolderState::kRestoring;
  return has_signs_of_a_zoo(directory) ? FolderState::kDamaged : FolderState::kNoZoo;
}

void expect_zoo(const fs::path& directory) {
  const auto state = state_of(directory);
  if (state == FolderState::kZoo) return;
  if (state == FolderState::kDamaged)
    throw Error(ErrorCode::kDamaged, "zoo.damaged", "cannot open the zoo '" + directory.string() + "'",
                "its database is missing", "copy it again, whole, or restore the zoo from a backup")
        .at(directory.string());
  if (state == FolderState::kRestoring)
    throw no_zoo(directory, "restoring it was interrupted", "run `weightloom zoo restore` again");
  const auto init = "`weightloom zoo init " + directory.string() + "`";
  std::error_code error;
  if (fs::exists(database_being_made(directory), error))
    throw no_zoo(directory, "making it was interrupted", "run " + init + " again");
  throw no_zoo(directory, fs::exists(directory, error) ? "the folder holds no zoo" : "there is no such folder",
               "make one with " + init + ", or name another with --zoo");
}

bool is_free_for_zoo(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory, error)) return true;
  if (!fs::is_directory(directory, error) || state_of(directory) != FolderState::kNoZoo) return false;
  const fs::directory_iterator at(directory, error), end;
  return std::all_of(at, end, [](const auto& entry) { return is_left_over(entry.path().filename().string()); }) &&
         !has_files(directory / "objects");
}

void expect_readable(const fs::path& path) {
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0 || errno != EACCES) return;
  throw Error(ErrorCode::kFailure, kForbidden, "cannot read '" + path.string() + "'", std::strerror(EACCES),
              "ask its owner for the permission to read it, and the folders above it")
      .at(path.string());
}

bool is_forbidden(const Error& error) {
  return error.id() == kForbidden;
}

bool is_own_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error));
}

bool is_displaced(const fs::path& path) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

std::vector<fs::path> not_led_to(std::vector<fs::path> files, const std::set<std::string>& used) {
  if (files.empty()) return files;
  std::error_code error;
  std::set<fs::path> places;
  for (const auto& path : used) places.insert(fs::weakly_canonical(path, error));
  std::erase_if(files, [&](const auto& path) { return places.contains(fs::weakly_canonical(path, error)); });
  return files;
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

void expect_outside_zoos(const fs::path& path) {
  std::error_code error;
  auto at = fs::weakly_canonical(fs::absolute(path), error);
  if (error) at = fs::absolute(path).lexically_normal();
  for (; at.has_relative_path(); at = at.parent_path()) {
    const auto is_one_of = [name = at.filename().string()](const auto& folders) {
      return std::ranges::find(folders, name) != folders.end();
    };
    const auto refuse = [&](const std::string& whose, const std::string& outside) {
      throw Error(ErrorCode::kUsage, "zoo.own_folder", "will not write to '" + path.string() + "'",
                  "the folder '" + at.string() + "' is " + whose + " own; what is foreign there gets removed",
                  "choose a place outside of " + outside)
          .at(path.string());
    };
    if (is_one_of(kOwnFolders) && fs::exists(database_path(at.parent_path()) / "CURRENT", error))
      refuse("a zoo's", "the zoo");
    if (is_one_of(kBackupFolders) && fs::exists(at.parent_path() / kBackupMarker, error))
      refuse("the backups'", "the backups");
  }
}

}  // namespace weightloom
