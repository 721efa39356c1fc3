#pragma once
// Small pictures in text: of block and line characters where `blocks` says that they can be shown, else of ASCII. Pure
// functions [any-thread].

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weightloom::cli {

// One character for each height, of 255 at most; a blank for 0 alone.
std::string heat_strip(std::span<const std::uint8_t> heights, bool blocks);

struct TreeEntry {
  std::optional<std::size_t> from;  // the entry before it that it hangs on; none: the trunk
  std::string label;
};

// One line each, connected. kDown: entries hang below what they hang on; kUp: the same upside down, the last one first.
// Beyond forty levels entries are moved in no further.
enum class TreeDirection { kUp, kDown };
std::vector<std::string> tree_lines(const std::vector<TreeEntry>& entries, TreeDirection direction, bool blocks);

}  // namespace weightloom::cli
