#include "frame.hpp"

namespace weightloom {
namespace {

FrameData frame_data(const ScatterPlot& plot) {
  FrameData data;
  for (const auto& series : plot.series) {
    data.names.push_back(series.name);
    for (const auto& point : series.points) {
      data.x.push_back(point.x);
      data.y.push_back(point.y);
    }
  }
  return data;
}

}  // namespace

std::string render(const ScatterPlot& plot) {
  Svg svg;
  const Frame frame = draw_frame(svg, plot.x, plot.y, frame_data(plot), {Key::kDot, 340, 8});
  const auto& [box, x, y] = frame;
  bool empty = true;
  for (std::size_t i = 0; i < plot.series.size(); ++i)
    for (const auto& point : plot.series[i].points) {
      if (!x.shows(point.x) || !y.shows(point.y)) continue;
      const auto label = point.label.empty() ? plot.series[i].name : plot.series[i].name + ", " + point.label;
      svg.marker(x.pixel(point.x), y.pixel(point.y), 4.4, i, "point",
                 label + ": " + x.describe(point.x) + ", " + y.describe(point.y));
      empty = false;
    }
  return finish_frame(svg, frame, empty, plot.title);
}

}  // namespace weightloom
