#include "cli/drawing.hpp"

#include <catch2/catch.hpp>

using namespace weightloom::cli;

TEST_CASE("a strip has one character a height, of blocks or of ASCII", "[drawing]") {
  const std::vector<std::uint8_t> heights{0, 1, 128, 255};
  CHECK(heat_strip(heights, true) == " ▁▅█");
  CHECK(heat_strip(heights, false) == " .+@");
}

TEST_CASE("a tree is connected, downwards and upwards", "[drawing]") {
  const std::vector<TreeEntry> entries{{{}, "a"}, {0, "b"}, {1, "c"}, {0, "d"}, {{}, "e"}};
  using Lines = std::vector<std::string>;
  CHECK(tree_lines(entries, TreeDirection::kDown, true) == Lines{"├─ a", "│  ├─ b", "│  │  └─ c", "│  └─ d", "└─ e"});
  CHECK(tree_lines(entries, TreeDirection::kUp, true) == Lines{"┌─ e", "│  ┌─ d", "│  │  ┌─ c", "│  ├─ b", "├─ a"});
  CHECK(tree_lines(entries, TreeDirection::kDown, false) == Lines{"+- a", "|  +- b", "|  |  +- c", "|  +- d", "+- e"});
  CHECK(tree_lines({}, TreeDirection::kUp, false).empty());
}

TEST_CASE("a deep tree does not grow without bound to the right", "[drawing]") {
  std::vector<TreeEntry> chain{{{}, "root"}};
  for (std::size_t i = 0; i < 5000; ++i) chain.push_back({i, "x"});
  CHECK(tree_lines(chain, TreeDirection::kDown, false).back().size() < 200);
}
