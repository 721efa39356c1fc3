#pragma once
// What a folder is to the zoo, told without opening anything. Private to the module.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {

// Where the database is; and until it is whole, so that a folder is a zoo at once or not at all.
std::filesystem::path database_path(const std::filesystem::path& store);
std::filesystem::path database_being_made(const std::filesystem::path& store);
std::filesystem::path database_being_restored(const std::filesystem::path& store);
std::filesystem::path database_being_repaired(const std::filesystem::path& store);
// The repaired database becomes the database, at once. Returns where the old one is kept. Throws kFailure "zoo.io".
std::filesystem::path put_repaired_in_place(const std::filesystem::path& store);
// There as long as a restore has not come to its end.
std::filesystem::path restoring_mark(const std::filesystem::path& store);

// Says of a folder that it holds backups.
inline constexpr const char* kBackupMarker = "weightloom-backup.json";

enum class FolderState {
  kNoZoo,      // nothing, something else, or what an interrupted init left
  kRestoring,  // what an interrupted restore left
  kDamaged,    // a zoo that has lost its database
  kZoo
};
// Throws kFailure "zoo.not_readable" when it may not be looked at.
FolderState state_of(const std::filesystem::path& directory);

// Throws kNoStore "zoo.no_store", which says what to do, kDamaged "zoo.damaged" for a zoo without its database, and
// what state_of() does.
void expect_zoo(const std::filesystem::path& directory);

// Is nothing there, or only what an init or a restore left that was killed before anything was in it?
bool is_free_for_zoo(const std::filesystem::path& directory);

// Throws kFailure "zoo.not_readable" when the system forbids to read `path`; what is missing is no business of it.
void expect_readable(const std::filesystem::path& path);
// Is it that error? It says nothing of what is stored.
bool is_forbidden(const Error& error);

// Is it a file itself, and no link to one? What else stands in its place is damage, whatever a link leads to.
bool is_own_file(const std::filesystem::path& path);
bool is_displaced(const std::filesystem::path& path);
inline constexpr const char* kDisplaced = "a link or a folder is in place of its file";
// Those of `files` that none of the paths in `used` leads to, by whatever links.
std::vector<std::filesystem::path> not_led_to(std::vector<std::filesystem::path> files,
                                              const std::set<std::string>& used);

// A rename is durable once its folder is written.
void sync_folder(const std::filesystem::path& folder);

}  // namespace weightloom
