#pragma once
// The log of changes: what each one did to records, names and the trash, and as much of the state before as takes it
// back. Private to the module.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "database.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {

// What a change is, as its maker calls it.
struct Operation {
  std::string name;          // "add", "rename"
  std::uint64_t step = 0;    // number of the first of several changes that belong together; 0: it stands alone
  std::uint64_t undoes = 0;  // the step that it takes back
};

struct Touched {
  std::optional<std::string> before, after;
};
// Entries of kMeta, kName and kTrash, by family and key.
using TouchedEntries = std::map<std::pair<Family, std::string>, Touched>;

struct LogEntry {
  struct Changed {
    std::string name;   // before
    Json before;        // those fields of the record that changed, as they were
    std::string after;  // of_record() of the record as it was then
  };
  struct Moved {
    std::string before, after;  // record ids; empty: it was or is none
  };
  struct Trashed {
    std::string name;
    std::vector<std::string> aliases;
  };
  std::uint64_t number = 0, step = 0, undoes = 0;
  std::int64_t time = 0;  // seconds since 1970
  std::string operation, user, command;
  bool reversible = true;                      // false: the state before was too large to keep, or could not be read
  std::map<std::string, std::string> added;    // ids of networks that are in the zoo since, with their names
  std::map<std::string, Trashed> came_back;    // of those, what came from the trash, as it lay there
  std::map<std::string, std::string> removed;  // that went to the trash
  std::map<std::string, std::string> purged;   // that went for good, from the zoo or from the trash
  std::map<std::string, Changed> changed;      // by id
  std::map<std::string, Moved> aliases;        // beside those that came or went with their networks
};

// The hash by which a record is told from other states of itself.
std::string of_record(std::string_view encoded);

LogEntry log_entry(std::uint64_t number, const Operation& operation, const TouchedEntries& touched);
// Into the same batch as the change. The oldest entries go when there are too many.
void append_to_log(const Database& database, Batch& batch, LogEntry entry);

// One change, told from those of other zoos.
struct ChangeMark {
  std::uint64_t number = 0;  // 0: there was none
  std::string sha256;        // of its entry
};
// The last one, where the zoo has come to change `sequence`.
ChangeMark newest_change(const Database& database, std::uint64_t sequence);
// Has the zoo made this change? True as well where it is too long ago to tell.
bool has_made(const Database& database, const ChangeMark& change);

// Throws kDamaged "zoo.log".
LogEntry decode_log_entry(std::string_view key, std::string_view value);
// In the order in which they were made. Throws the same.
std::vector<LogEntry> log_entries(const Database& database);

}  // namespace weightloom
