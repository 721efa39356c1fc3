#pragma once
// What is told of changes to a zoo, and of what was removed from it. Values. [any-thread]

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weightloom {

enum class Removal { kToTrash, kForGood };

// How long the trash keeps what nothing else makes give way.
inline constexpr double kTrashSeconds = 7 * 86400;

struct TrashedNetwork {
  std::string id, name;
  std::vector<std::string> aliases;
  std::int64_t parameters = 0, bytes = 0;
  std::string removed, until;  // ISO 8601 UTC
};

// One step of the history: a change, or several that were made together.
struct HistoryStep {
  std::uint64_t number = 0;  // by which it can be taken back
  std::string time;          // ISO 8601 UTC
  std::string operation;  // "add", "set", "rename", "alias", "unalias", "rm", "undelete", "undo", "gc", "repair", ...
  std::string user, command;                    // of the process that made it
  std::uint64_t undoes = 0;                     // the step that it took back
  bool undone = false;                          // it was taken back
  bool reversible = true;                       // false: what it did cannot be taken back
  std::map<std::string, std::string> networks;  // that it concerned: ids with their names before it
  std::vector<std::string> aliases;
};

// A step that was taken back, and the number of the step that did it: taking that one back does it again.
struct Undone {
  HistoryStep step;
  std::uint64_t number = 0;
};

}  // namespace weightloom
