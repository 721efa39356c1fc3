#include <catch2/catch.hpp>

#include "markup.hpp"
#include "weightloom/report/tree_plot.hpp"

using namespace weightloom;

TEST_CASE("a tree is drawn with every text escaped, on a background of its own") {
  const auto svg = render_tree({{"<b>&\"parent\"", "made-by", 1, 1, TreeRow::Kind::kSoft},
                                {"net\x1b[31m", "", {}, 0, TreeRow::Kind::kStrong},
                                {"child \xff", "fine-tuned-from", 1, 1, TreeRow::Kind::kPlain}},
                               "Lineage of <net>");
  CHECK(svg.starts_with("<svg"));
  CHECK(weightloom::testing::defect(svg).empty());
  CHECK(svg.find("&lt;b&gt;&amp;&quot;parent&quot;") != std::string::npos);
  CHECK(svg.find("<b>") == std::string::npos);
  CHECK(svg.find('\x1b') == std::string::npos);
  CHECK(svg.find('\xff') == std::string::npos);
  CHECK(svg.find("class=\"page\"") != std::string::npos);
  CHECK(svg.find("prefers-color-scheme:dark") != std::string::npos);
  CHECK(svg.find("<line") != std::string::npos);
}

TEST_CASE("a tree of thousands of levels has a bounded width") {
  std::vector<TreeRow> rows{{"root", "", {}, 0, TreeRow::Kind::kPlain}};
  for (std::size_t i = 0; i < 3000; ++i) rows.push_back({"x", "from", i, i + 1, TreeRow::Kind::kPlain});
  const auto svg = render_tree(rows, "deep");
  const auto box = svg.substr(svg.find("viewBox=\"0 0 ") + 13, 8);
  CHECK(std::stod(box) < 2500);
}
