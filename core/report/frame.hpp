#pragma once
// What plots with two axes share: legend, grid, ticks, labels, marks.

#include <string>
#include <vector>

#include "scale.hpp"
#include "svg.hpp"

namespace weightloom {

inline constexpr double kPlotWidth = 760;
inline constexpr double kTextSize = 13;

// How a series shows in the legend.
enum class Key { kDot, kLine };

// Draws the legend from `top` on, wrapping lines, and returns the y below it. Unnamed series are left out.
double draw_legend(Svg& svg, const std::vector<std::string>& names, Key key, double left, double top);

// "curve" with the dash pattern of the series.
std::string curve_class(std::size_t series);

struct Box {
  double left, top, right, bottom;
};

// Vertical grid lines with labels below the box, the axis' label and marks. Marks are labelled above the box.
void draw_x_axis(Svg& svg, const PlotAxis& axis, const Scale& scale, const Box& box);
// Stands in for the data of an empty plot.
void draw_no_data(Svg& svg, const Box& box);

// The frame of a plot with two axes.
struct Frame {
  Box box;
  Scale x, y;
};
struct FrameStyle {
  Key key;
  double height;
  double inset;  // pixels between the box and the outermost values
};
// All values of one coordinate, for its scale, and the names of the series.
struct FrameData {
  std::vector<double> x, y;
  std::vector<std::string> names;
};
// Legend, box and both axes.
Frame draw_frame(Svg& svg, const PlotAxis& x, const PlotAxis& y, const FrameData& data, const FrameStyle& style);
// The picture with its frame, or with "no data" where nothing was drawn into it.
std::string finish_frame(Svg& svg, const Frame& frame, bool empty, const std::string& title);

}  // namespace weightloom
