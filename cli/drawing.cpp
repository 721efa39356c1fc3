#include "cli/drawing.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace weightloom::cli {
namespace {

constexpr std::size_t kMostLevels = 40;

struct Connectors {
  std::string_view child, last, line, none;
};

Connectors connectors(TreeDirection direction, bool blocks) {
  if (!blocks) return {"+- ", "+- ", "|  ", "   "};
  return {"├─ ", direction == TreeDirection::kUp ? "┌─ " : "└─ ", "│  ", "   "};
}

}  // namespace

std::string heat_strip(std::span<const std::uint8_t> heights, bool blocks) {
  constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> kSigns{".", ":", "-", "=", "+", "*", "#", "@"};
  std::string out;
  for (const unsigned height : heights) {
    if (height == 0)
      out += ' ';
    else
      out += (blocks ? kBlocks : kSigns)[height / 32];
  }
  return out;
}

std::vector<std::string> tree_lines(const std::vector<TreeEntry>& entries, TreeDirection direction, bool blocks) {
  const auto parts = connectors(direction, blocks);
  // Backwards, the first of the same trunk that is met is the last one.
  std::vector<bool> is_last(entries.size());
  std::set<std::optional<std::size_t>> met;
  for (std::size_t i = entries.size(); i-- > 0;) is_last[i] = met.insert(entries[i].from).second;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string line(is_last[i] ? parts.last : parts.child);
    std::size_t levels = 1;
    for (auto at = entries[i].from; at && levels < kMostLevels; at = entries[*at].from, ++levels)
      line.insert(0, is_last[*at] ? parts.none : parts.line);
    lines.push_back(line + entries[i].label);
  }
  if (direction == TreeDirection::kUp) std::ranges::reverse(lines);
  return lines;
}

}  // namespace weightloom::cli
