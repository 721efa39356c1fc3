#include <algorithm>
#include <cmath>

#include "frame.hpp"

namespace weightloom {
namespace {

constexpr double kHeight = 300;
constexpr std::size_t kMostMarkers = 40;  // more points than this are a continuous curve

struct Scales {
  Scale x, y;
  bool show(const LinePoint& p) const { return x.shows(p.x) && y.shows(p.y); }
};

std::vector<double> x_values(const LinePlot& plot) {
  std::vector<double> values;
  for (const auto& series : plot.series)
    for (const auto& point : series.points) values.push_back(point.x);
  return values;
}

std::vector<double> y_values(const LinePlot& plot) {
  std::vector<double> values;
  for (const auto& series : plot.series)
    for (const auto& point : series.points)
      for (double sign : {-1.0, 0.0, 1.0}) values.push_back(reach(plot.y, point.y, point.y + sign * point.spread));
  return values;
}

std::string at(const Scales& scales, double x, double y) {
  return coordinate(scales.x.pixel(x)) + " " + coordinate(scales.y.pixel(y));
}

// Runs of points that can be shown: a gap in the data is a gap in the line.
std::vector<std::vector<LinePoint>> runs(const LineSeries& series, const Scales& scales) {
  std::vector<std::vector<LinePoint>> result;
  bool open = false;
  for (const auto& point : series.points) {
    if (scales.show(point)) {
      if (!open) result.emplace_back();
      result.back().push_back(point);
    }
    open = scales.show(point);
  }
  return result;
}

// On a logarithmic axis the lower edge may fall to 0 or below; there the band ends at the curve.
double edge(const LinePoint& point, double sign, const Scale& y) {
  const double value = point.y + sign * point.spread;
  return std::isfinite(point.spread) && y.shows(value) ? value : point.y;
}

void draw_band(Svg& svg, const std::vector<LinePoint>& run, const Scales& scales, std::size_t series) {
  if (std::none_of(run.begin(), run.end(), [](const LinePoint& p) { return p.spread > 0; })) return;
  std::string data;
  for (const auto& point : run) data += (data.empty() ? "M" : "L") + at(scales, point.x, edge(point, 1, scales.y));
  for (auto it = run.rbegin(); it != run.rend(); ++it) data += "L" + at(scales, it->x, edge(*it, -1, scales.y));
  svg.path(data + "Z", series_class(series) + " band");
}

void draw_curve(Svg& svg, const std::vector<LinePoint>& run, const Scales& scales, std::size_t series,
                const std::string& name) {
  std::string data;
  for (const auto& point : run) data += (data.empty() ? "M" : "L") + at(scales, point.x, point.y);
  svg.path(data, series_class(series) + " " + curve_class(series), name);
}

void draw_points(Svg& svg, const LineSeries& series, std::size_t index, const Scales& scales) {
  for (const auto& point : series.points) {
    if (!scales.show(point)) continue;
    auto tooltip = series.name + ", " + scales.x.describe(point.x) + ": " + scales.y.describe(point.y);
    if (point.spread > 0) tooltip += " ± " + scales.y.describe(point.spread);
    svg.marker(scales.x.pixel(point.x), scales.y.pixel(point.y), 3.4, index, "mean", tooltip);
  }
}

}  // namespace

std::string render(const LinePlot& plot) {
  Svg svg;
  std::vector<std::string> names;
  for (const auto& series : plot.series) names.push_back(series.name);
  const double top = draw_legend(svg, names, Key::kLine, 64, 4) + (plot.x.marks.empty() ? 6 : 24);
  const Box box{64, top, kPlotWidth - 16, top + kHeight};
  const Scales scales{Scale(plot.x, x_values(plot), box.left, box.right, kTicksAcross),
                      Scale(plot.y, y_values(plot), box.bottom, box.top, kTicksUp)};
  draw_x_axis(svg, plot.x, scales.x, box);
  draw_y_axis(svg, plot.y, scales.y, box);
  bool empty = true;
  for (std::size_t i = 0; i < plot.series.size(); ++i)
    for (const auto& run : runs(plot.series[i], scales)) draw_band(svg, run, scales, i);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    for (const auto& run : runs(plot.series[i], scales)) {
      draw_curve(svg, run, scales, i, plot.series[i].name);
      empty = false;
    }
    if (plot.series[i].points.size() <= kMostMarkers) draw_points(svg, plot.series[i], i, scales);
  }
  if (empty) draw_no_data(svg, box);
  return svg.finish(kPlotWidth, box.bottom + 50, plot.title);
}

}  // namespace weightloom
