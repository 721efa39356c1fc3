#pragma once
// One zoo into another.

#include <string>
#include <utility>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct MergeOptions {
  enum class Taken { kSkip, kRename, kReplace };
  Taken taken = Taken::kSkip;  // what happens to a network whose name another one has
  std::string where;           // only the networks that satisfy this query
  bool dry_run = false;        // everything is read and checked, and nothing is stored
};

// What stays away, or comes without its token streams, because its bytes are not what they were.
struct DamagedNetwork {
  std::string name, why;
};

struct MergeResult {
  std::vector<ZooRecord> added;                              // under the names that they got
  std::vector<std::pair<std::string, std::string>> renamed;  // from, to
  std::vector<std::string> replaced;                         // names
  std::vector<std::string> present;    // stored before: the same id, or the same weights by that name
  std::vector<std::string> mended;     // of those: their weights were damaged here, and whole there
  std::vector<std::string> skipped;    // the name is that of other weights, or an alias
  std::vector<std::string> undeleted;  // were in the trash here, and are back as they were
  std::vector<std::string> in_trash;   // are there and stay, since their names are taken
  std::vector<DamagedNetwork> damaged;
  std::vector<std::string> aliases, aliases_skipped;  // that came along; that mean something else here
  std::vector<std::string> warnings;
};

// Brings networks with their ids, facts, lineage, token streams and aliases from one zoo into another, open for
// writing. Weights that are there already are read, not stored again, and mended where they are damaged. A network that
// is in the trash here comes back from there, with what is known of it here. What is damaged is told, and does not keep
// the others out. In batches that are stored as a whole or not at all; done again, it goes on where it stopped. Throws
// what add() does, and kUsage "merge.itself".
MergeResult merge(Zoo& into, const Zoo& from, const MergeOptions& options = {}, const ProgressSink& progress = {});

}  // namespace weightloom
