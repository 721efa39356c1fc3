#pragma once
// A report as one self-contained HTML page: style inline, no script, nothing fetched, light and dark, fit for print.

#include <string>
#include <string_view>
#include <vector>

#include "weightloom/report/plot.hpp"
#include "weightloom/report/table.hpp"

namespace weightloom {

// A number that the page puts up front: value "91.3 %", label "generated, seen conditions", note "zoo 92.1 %".
struct KeyFigure {
  std::string value, label, note;
};

// Calls append in order. All texts are plain UTF-8 and are escaped; `text in backticks` is set as code. Figures and
// tables number themselves. Not thread-safe.
class HtmlReport {
 public:
  HtmlReport(std::string title, std::string subtitle = {});

  // A line of the header: "Seeds", "1, 2, 3".
  HtmlReport& fact(std::string_view label, std::string_view value);
  HtmlReport& key_figures(const std::vector<KeyFigure>& figures);
  // Starts a section; it appears in the contents.
  HtmlReport& section(std::string_view heading);
  HtmlReport& paragraph(std::string_view text);
  // A remark that must not be overlooked.
  HtmlReport& note(std::string_view text);
  HtmlReport& code(std::string_view text);
  // Throws kUsage "table.cells" when a row has more cells than there are columns.
  HtmlReport& table(const Table& table, std::string_view caption);
  HtmlReport& figure(const DotPlot& plot, std::string_view caption);
  HtmlReport& figure(const LinePlot& plot, std::string_view caption);
  HtmlReport& figure(const ScatterPlot& plot, std::string_view caption);

  std::string render() const;

 private:
  HtmlReport& figure_of(const std::string& svg, std::string_view caption);
  std::string title_, subtitle_, facts_, body_;
  std::vector<std::string> sections_;
  int figures_ = 0, tables_ = 0;
};

}  // namespace weightloom
