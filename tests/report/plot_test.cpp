#include "weightloom/report/plot.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "markup.hpp"
#include "sample.hpp"

using namespace weightloom;
using namespace weightloom::testing;

namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

void check_sound(const std::string& svg) {
  CHECK(defect(svg) == "");
  for (const auto* word : {"nan", "inf\"", "e+"}) CHECK(svg.find(std::string("=\"") + word) == std::string::npos);
  CHECK(svg.find(" nan") == std::string::npos);
}

}  // namespace

TEST_CASE("plots are well formed and the same every time") {
  check_sound(render(sample_dot_plot()));
  check_sound(render(sample_line_plot()));
  check_sound(render(sample_loss_plot()));
  check_sound(render(sample_scatter_plot()));
  CHECK(render(sample_dot_plot()) == render(sample_dot_plot()));
  CHECK(render(sample_scatter_plot()) == render(sample_scatter_plot()));
}

TEST_CASE("every sample and every mean is a mark with its figures as a tooltip") {
  const DotPlot plot{"t", {"Accuracy", true}, {}, {{"", {{"zoo", Spread::of({0.9, 0.92, 0.94})}}}}};
  const auto svg = render(plot);
  CHECK(count(svg, "<circle") == 4);
  CHECK(count(svg, "<title>zoo: 92.0 % ± 2.0 %, n = 3</title>") == 1);
  CHECK(count(svg, "<title>zoo: 94.0 %</title>") == 1);
  CHECK(svg.find("92.0 ± 2.0") != std::string::npos);
}

TEST_CASE("labels cannot break out of the markup") {
  const std::string evil = "</title><script>alert(\"1\")</script>&'";
  const std::string broken = "\xff\x01\xed\xa0\x80 \xe2\x82";
  for (const auto& text : {evil, broken}) {
    const std::vector<std::string> svgs{
        render(
            DotPlot{text, {text, false, false, {}, {}, {{1, text}}}, {text}, {{text, {{text, Spread::of({1, 2})}}}}}),
        render(LinePlot{text, {text}, {text}, {{text, {{0, 1, 0.1}, {1, 2, 0.1}}}}}),
        render(ScatterPlot{text, {text}, {text}, {{text, {{1, 2, text}}}}})};
    for (const auto& svg : svgs) {
      check_sound(svg);
      CHECK(svg.find("<script") == std::string::npos);
      CHECK(svg.find('\xff') == std::string::npos);
    }
  }
}

TEST_CASE("empty plots say so") {
  for (const auto& svg :
       {render(DotPlot{}), render(LinePlot{}), render(ScatterPlot{}), render(LinePlot{"t", {}, {}, {{"empty", {}}}}),
        render(ScatterPlot{"t", {}, {}, {{"empty", {}}}})}) {
    check_sound(svg);
    CHECK(svg.find("no data") != std::string::npos);
  }
}

TEST_CASE("values that are not finite are left out") {
  const auto dots = render(DotPlot{"t",
                                   {},
                                   {},
                                   {{"g",
                                     {{"row", Spread::of({kNoNumber, 1, kInfinite})},
                                      {"none", Spread::of({kNoNumber})},
                                      {"sum", Spread::summary(0.5, kNoNumber, 9)}}}}});
  check_sound(dots);
  CHECK(dots.find(">-</text>") != std::string::npos);
  CHECK(dots.find("no data") == std::string::npos);

  const auto lines = render(LinePlot{"t", {}, {}, {{"a", {{0, 1}, {1, kNoNumber}, {2, 3}, {3, 4, kNoNumber}}}}});
  check_sound(lines);
  CHECK(count(lines, "class=\"s0 curve d0\"") == 3);  // the legend and the two runs around the gap

  const auto scatter = render(ScatterPlot{"t", {}, {}, {{"a", {{kNoNumber, 1, ""}, {1, kInfinite, ""}, {1, 1, ""}}}}});
  check_sound(scatter);
  CHECK(count(scatter, "class=\"s0 point\"") == 1);
}

TEST_CASE("extreme and constant values keep the axes sound") {
  const double huge = std::numeric_limits<double>::max();
  for (const std::vector<double>& values :
       {std::vector<double>{huge, -huge}, {1e-300, 2e-300}, {5, 5, 5}, {0}, {1e9, 1e9 + 1}, {-3, -2}}) {
    ScatterSeries series{"s", {}};
    for (double value : values) series.points.push_back({value, value, ""});
    check_sound(render(ScatterPlot{"t", {}, {}, {series}}));
    check_sound(render(DotPlot{"t", {}, {}, {{"", {{"r", Spread::summary(values[0], std::abs(values[0]), 2)}}}}}));
  }
}

TEST_CASE("a logarithmic axis leaves out zero and below") {
  LinePlot plot{"t", {"Step"}, {"Loss"}, {{"a", {{0, 1}, {1, 0}, {2, -1}, {3, 0.001, 0.1}}}}};
  plot.y.logarithmic = true;
  const auto svg = render(plot);
  check_sound(svg);
  CHECK(count(svg, "class=\"s0 mean\"") == 2);
  CHECK(svg.find(">0.01</text>") != std::string::npos);
}

TEST_CASE("a label that is too long ends in an ellipsis, its tooltip has all of it") {
  std::string label;
  for (int i = 0; i < 60; ++i) label += "é";
  const auto svg = render(DotPlot{"t", {}, {}, {{"", {{label, Spread::of({1, 2})}}}}});
  check_sound(svg);
  CHECK(svg.find("é…</text>") != std::string::npos);
  CHECK(svg.find("<title>" + label) != std::string::npos);
  CHECK(svg.find("\xEF\xBF\xBD") == std::string::npos);
}

TEST_CASE("a percent axis of fractions stays within 0 and 100") {
  const auto svg = render(DotPlot{"t", {"Accuracy", true}, {}, {{"", {{"r", Spread::of({0.0, 1.0})}}}}});
  CHECK(svg.find(">100</text>") != std::string::npos);
  CHECK(svg.find("Accuracy (%)") != std::string::npos);
  CHECK(svg.find(">-") == std::string::npos);
}
