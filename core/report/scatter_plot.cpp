#include "frame.hpp"

namespace weightloom {
namespace {

constexpr double kHeight = 340;

std::vector<double> collect(const ScatterPlot& plot, double ScatterPoint::*value) {
  std::vector<double> values;
  for (const auto& series : plot.series)
    for (const auto& point : series.points) values.push_back(point.*value);
  return values;
}

}  // namespace

std::string render(const ScatterPlot& plot) {
  Svg svg;
  std::vector<std::string> names;
  for (const auto& series : plot.series) names.push_back(series.name);
  const double top = draw_legend(svg, names, Key::kDot, 64, 4) + (plot.x.marks.empty() ? 6 : 24);
  const Box box{64, top, kPlotWidth - 16, top + kHeight};
  const Scale x(plot.x, collect(plot, &ScatterPoint::x), box.left + 8, box.right - 8, kTicksAcross);
  const Scale y(plot.y, collect(plot, &ScatterPoint::y), box.bottom - 8, box.top + 8, kTicksUp);
  draw_x_axis(svg, plot.x, x, box);
  draw_y_axis(svg, plot.y, y, box);
  bool empty = true;
  for (std::size_t i = 0; i < plot.series.size(); ++i)
    for (const auto& point : plot.series[i].points) {
      if (!x.shows(point.x) || !y.shows(point.y)) continue;
      const auto label = point.label.empty() ? plot.series[i].name : plot.series[i].name + ", " + point.label;
      svg.marker(x.pixel(point.x), y.pixel(point.y), 4.4, i, "point",
                 label + ": " + x.describe(point.x) + ", " + y.describe(point.y));
      empty = false;
    }
  if (empty) draw_no_data(svg, box);
  return svg.finish(kPlotWidth, box.bottom + 50, plot.title);
}

}  // namespace weightloom
