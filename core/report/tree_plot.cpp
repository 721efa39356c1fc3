#include "weightloom/report/tree_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "svg.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

constexpr double kTreeRow = 26, kIndent = 28, kMargin = 14, kText = 13, kGap = 8;
constexpr std::size_t kMostIndents = 60;  // deeper rows are moved in no further

double left_of(const TreeRow& row) {
  return kMargin + kIndent * static_cast<double>(std::min(row.depth, kMostIndents));
}

double middle_of(std::size_t row) {
  return kMargin + kTreeRow * (static_cast<double>(row) + 0.5);
}

// The file is opened by any viewer: plain colours, those of the other plots, where not all know variables.
constexpr std::string_view kTreeStyle =
    ".page{fill:#fff}.line{stroke:#9aa5b4}text{fill:#1c2430;font:13px Inter,\"Source Sans 3\",\"Segoe UI\",Roboto,"
    "\"Helvetica Neue\",Arial,\"Liberation Sans\",sans-serif}.strong{font-weight:600}.soft{fill:#5d6877}"
    "@media (prefers-color-scheme:dark){.page{fill:#11161d}.line{stroke:#5f6b7b}text{fill:#e6eaf0}.soft{fill:#9faab9}}";

std::string line(double x1, double y1, double x2, double y2) {
  return fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"line\"/>\n", coordinate(x1), coordinate(y1),
                     coordinate(x2), coordinate(y2));
}

std::string text(double x, double y, std::string_view text, std::string_view style_class) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>\n", coordinate(x), coordinate(y + kText / 3),
                     style_class, escape_xml(text));
}

double link_width(const TreeRow& row) {
  return row.link.empty() ? 0 : text_width(printable(row.link), kText) + kGap;
}

}  // namespace

std::string render_tree(const std::vector<TreeRow>& rows, const std::string& title) {
  double width = 0;
  std::string body;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const double y = middle_of(i), x = left_of(row) + kGap, label = x + link_width(row);
    if (row.from) {
      const double trunk = left_of(rows[*row.from]) + kGap;
      body += line(trunk, middle_of(*row.from) + (*row.from < i ? kGap : -kGap), trunk, y);
      body += line(trunk, y, x - kGap / 2, y);
    }
    if (!row.link.empty()) body += text(x, y, printable(row.link), "soft");
    constexpr const char* kClasses[] = {"plain", "strong", "soft"};
    body += text(label, y, printable(row.label), kClasses[static_cast<std::size_t>(row.kind)]);
    width = std::max(width, label + text_width(printable(row.label), kText) + kMargin);
  }
  const double height = 2 * kMargin + kTreeRow * static_cast<double>(rows.size());
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-label=\"{2}\">\n<style>{3}</style>\n<rect width=\"{0}\" height=\"{1}\" class=\"page\"/>\n{4}</svg>\n",
      coordinate(width), coordinate(height), escape_xml(printable(title)), kTreeStyle, body);
}

}  // namespace weightloom
