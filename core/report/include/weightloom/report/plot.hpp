#pragma once
// Plots as SVG: data in, one self-contained <svg> element out. It follows the reader's light or dark setting, needs no
// script, and every mark carries its figures as a tooltip. Series beyond colour differ by marker or dash. Values that
// are not finite are left out. The same data gives the same text. Labels are any UTF-8; they are escaped. [any-thread]

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/report/format.hpp"

namespace weightloom {

// A line across the plot at a value worth comparing with: chance, the zoo's mean, a copy's distance.
struct PlotMark {
  double at = 0;
  std::string label;
};

struct PlotAxis {
  std::string label;
  bool percent = false;               // values are fractions of 1, shown as %
  bool logarithmic = false;           // values of 0 and below are left out; ignored by dot plots
  std::optional<double> least, most;  // else from the data, with some air
  std::vector<PlotMark> marks;
};

// One row: all its samples as small dots, mean and standard deviation as a large dot with whiskers.
struct DotRow {
  std::string label;
  Spread values;
  std::size_t series = 0;  // index into DotPlot::series: its colour
};

struct DotGroup {
  std::string title;  // e.g. the data set; may be empty
  std::vector<DotRow> rows;
};

// Horizontal dot-and-whisker chart, groups below each other.
struct DotPlot {
  std::string title;  // read by screen readers; the visible caption is the page's
  PlotAxis axis;
  std::vector<std::string> series;  // legend, e.g. "zoo", "generated", "baseline"; may be empty
  std::vector<DotGroup> groups;
};

struct LinePoint {
  double x = 0, y = 0;
  double spread = 0;  // half height of the band around y, 0: none
};

struct LineSeries {
  std::string name;
  std::vector<LinePoint> points;  // drawn in this order; a gap where a value is not finite
};

// Lines with bands: fine-tuning curves, losses.
struct LinePlot {
  std::string title;
  PlotAxis x, y;
  std::vector<LineSeries> series;
};

struct ScatterPoint {
  double x = 0, y = 0;
  std::string label;  // shown in the tooltip
};

struct ScatterSeries {
  std::string name;
  std::vector<ScatterPoint> points;
};

struct ScatterPlot {
  std::string title;
  PlotAxis x, y;
  std::vector<ScatterSeries> series;
};

std::string render(const DotPlot& plot);
std::string render(const LinePlot& plot);
std::string render(const ScatterPlot& plot);

}  // namespace weightloom
