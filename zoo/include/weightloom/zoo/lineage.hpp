#pragma once
// Where a network comes from and what came from it, link by link. Not thread-safe, as the Zoo that is read.

#include <cstddef>
#include <string>
#include <vector>

#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct LineageEntry {
  static constexpr std::size_t kRoot = static_cast<std::size_t>(-1);
  std::string id;            // record id, or the hash of a tokenizer or generator file
  std::string name;          // empty: the zoo has no such network
  std::string kind;          // of the link to the entry that it hangs on
  std::size_t from = kRoot;  // index of that entry, kRoot for the network that was asked about
  std::size_t depth = 1;     // links between the two networks
  bool cycle = false;        // it is among those that it hangs on: nothing more hangs on it here
  bool again = false;        // it has been shown before, with what hangs on it
};

enum class LineageSide { kAncestors, kDescendants };

// Every link that is reached, each once, depth first: an entry stands before those that hang on it.
// Parents in the order of the record, children by name.
std::vector<LineageEntry> lineage_of(const Zoo& zoo, const std::string& record_id, LineageSide side);

}  // namespace weightloom
