#pragma once
// What the trash keeps of a network: everything but its token streams and objects, which stay where they are. Private
// to the module.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/zoo/record.hpp"

namespace weightloom {

// Read without the record.
struct TrashHead {
  std::int64_t removed = 0;  // seconds since 1970
  std::uint64_t step = 0;    // number of the removal's first change: what was removed at once also goes at once
  std::int64_t bytes = 0;    // of its weights
};

struct TrashEntry {
  TrashHead head;
  std::vector<std::string> aliases;
  ZooRecord record;
};

std::string encode(const TrashEntry& entry);
// Throw kDamaged "zoo.trash".
TrashHead decode_trash_head(std::string_view value);
TrashEntry decode_trash(std::string_view value);

}  // namespace weightloom
