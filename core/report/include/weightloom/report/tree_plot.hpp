#pragma once
// A tree as SVG, one row for each entry, as file managers draw folders. It follows the reader's light or dark setting
// and brings its own background, needs no script, and escapes every text. [any-thread]

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weightloom {

struct TreeRow {
  enum class Kind { kPlain, kStrong, kSoft };
  std::string label;
  std::string link;                 // what the line to it says; may be empty
  std::optional<std::size_t> from;  // the row, above or below, that it hangs on
  std::size_t depth = 0;            // how far it is moved in
  Kind kind = Kind::kPlain;
};

// From top to bottom. REQUIRES that `from` is a row.
std::string render_tree(const std::vector<TreeRow>& rows, const std::string& title);

}  // namespace weightloom
