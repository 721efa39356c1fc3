#include <algorithm>
#include <cmath>

#include "frame.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostMarkers = 40;  // more points than this are a continuous curve

bool shows(const Frame& frame, const LinePoint& point) {
  return frame.x.shows(point.x) && frame.y.shows(point.y);
}

FrameData frame_data(const LinePlot& plot) {
  FrameData data;
  for (const auto& series : plot.series) {
    data.names.push_back(series.name);
    for (const auto& point : series.points) {
      data.x.push_back(point.x);
      for (double sign : {-1.0, 0.0, 1.0}) data.y.push_back(reach(plot.y, point.y, point.y + sign * point.spread));
    }
  }
  return data;
}

std::string at(const Frame& frame, double x, double y) {
  return coordinate(frame.x.pixel(x)) + " " + coordinate(frame.y.pixel(y));
}

// Runs of points that can be shown: a gap in the data is a gap in the line.
std::vector<std::vector<LinePoint>> runs(const LineSeries& series, const Frame& frame) {
  std::vector<std::vector<LinePoint>> result;
  bool open = false;
  for (const auto& point : series.points) {
    if (shows(frame, point)) {
      if (!open) result.emplace_back();
      result.back().push_back(point);
    }
    open = shows(frame, point);
  }
  return result;
}

// On a logarithmic axis the lower edge may fall to 0 or below; there the band ends at the curve.
double edge(const LinePoint& point, double sign, const Scale& y) {
  const double value = point.y + sign * point.spread;
  return std::isfinite(point.spread) && y.shows(value) ? value : point.y;
}

void draw_band(Svg& svg, const std::vector<LinePoint>& run, const Frame& frame, std::size_t series) {
  if (std::none_of(run.begin(), run.end(), [](const LinePoint& p) { return p.spread > 0; })) return;
  std::string data;
  for (const auto& point : run) data += (data.empty() ? "M" : "L") + at(frame, point.x, edge(point, 1, frame.y));
  for (auto it = run.rbegin(); it != run.rend(); ++it) data += "L" + at(frame, it->x, edge(*it, -1, frame.y));
  svg.path(data + "Z", series_class(series) + " band");
}

void draw_curve(Svg& svg, const std::vector<LinePoint>& run, const Frame& frame, std::size_t series,
                const std::string& name) {
  std::string data;
  for (const auto& point : run) data += (data.empty() ? "M" : "L") + at(frame, point.x, point.y);
  svg.path(data, series_class(series) + " " + curve_class(series), name);
}

void draw_points(Svg& svg, const LineSeries& series, std::size_t index, const Frame& frame) {
  for (const auto& point : series.points) {
    if (!shows(frame, point)) continue;
    auto tooltip = series.name + ", " + frame.x.describe(point.x) + ": " + frame.y.describe(point.y);
    if (point.spread > 0) tooltip += " ± " + frame.y.describe(point.spread);
    svg.marker(frame.x.pixel(point.x), frame.y.pixel(point.y), 3.4, index, "mean", tooltip);
  }
}

}  // namespace

std::string render(const LinePlot& plot) {
  Svg svg;
  const Frame frame = draw_frame(svg, plot.x, plot.y, frame_data(plot), {Key::kLine, 300, 0});
  bool empty = true;
  for (std::size_t i = 0; i < plot.series.size(); ++i)
    for (const auto& run : runs(plot.series[i], frame)) draw_band(svg, run, frame, i);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    for (const auto& run : runs(plot.series[i], frame)) {
      draw_curve(svg, run, frame, i, plot.series[i].name);
      empty = false;
    }
    if (plot.series[i].points.size() <= kMostMarkers) draw_points(svg, plot.series[i], i, frame);
  }
  return finish_frame(svg, frame, empty, plot.title);
}

}  // namespace weightloom
