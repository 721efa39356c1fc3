#include "frame.hpp"

namespace weightloom {
namespace {

std::string axis_title(const PlotAxis& axis) {
  if (!axis.percent) return axis.label;
  return axis.label.empty() ? "%" : axis.label + " (%)";
}

// Horizontal grid lines with labels at the left; marks are labelled inside, at the right end.
void draw_y_axis(Svg& svg, const PlotAxis& axis, const Scale& scale, const Box& box) {
  for (const auto& tick : scale.ticks()) {
    const double y = scale.pixel(tick.at);
    svg.line(box.left, y, box.right, y, "grid");
    svg.text(box.left - 8, y + 4, tick.label, "small", TextAlign::kEnd);
  }
  svg.text(16, (box.top + box.bottom) / 2, axis_title(axis), "", TextAlign::kMiddle, true);
  for (const auto& mark : axis.marks) {
    if (!scale.shows(mark.at)) continue;
    const double y = scale.pixel(mark.at);
    svg.line(box.left, y, box.right, y, "mark");
    svg.text(box.right - 4, y - 5, mark.label, "small", TextAlign::kEnd);
  }
}

}  // namespace

std::string curve_class(std::size_t series) {
  return "curve d" + std::to_string(series % 4);
}

double draw_legend(Svg& svg, const std::vector<std::string>& names, Key key, double left, double top) {
  constexpr double kKeyWidth = 24, kGap = 22, kLine = 21;
  double x = left, y = top + 12;
  bool any = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const double width = kKeyWidth + text_width(names[i], kTextSize) + kGap;
    if (any && x + width - kGap > kPlotWidth - 8) x = left, y += kLine;
    if (key == Key::kLine)
      svg.path("M" + coordinate(x) + " " + coordinate(y - 4) + "h18", series_class(i) + " " + curve_class(i));
    else
      svg.marker(x + 8, y - 4, 5, i, "mean", "");
    svg.text(x + kKeyWidth, y, names[i], "");
    x += width;
    any = true;
  }
  return any ? y + 16 : top;
}

void draw_x_axis(Svg& svg, const PlotAxis& axis, const Scale& scale, const Box& box) {
  double free_from = -1e9;
  for (const auto& tick : scale.ticks()) {
    const double x = scale.pixel(tick.at), half = text_width(tick.label, 12) / 2;
    svg.line(x, box.top, x, box.bottom, "grid");
    if (x - half < free_from) continue;
    svg.text(x, box.bottom + 18, tick.label, "small", TextAlign::kMiddle);
    free_from = x + half + 6;
  }
  svg.line(box.left, box.bottom, box.right, box.bottom, "axis");
  svg.text((box.left + box.right) / 2, box.bottom + 40, axis_title(axis), "", TextAlign::kMiddle);
  for (const auto& mark : axis.marks) {
    if (!scale.shows(mark.at)) continue;
    const double x = scale.pixel(mark.at), width = text_width(mark.label, 12);
    svg.line(x, box.top - 4, x, box.bottom, "mark");
    const bool ends_left = x + width / 2 > kPlotWidth - 4;
    svg.text(ends_left ? kPlotWidth - 4 : x, box.top - 9, mark.label, "small",
             ends_left ? TextAlign::kEnd : TextAlign::kMiddle);
  }
}

void draw_no_data(Svg& svg, const Box& box) {
  svg.text((box.left + box.right) / 2, (box.top + box.bottom) / 2, "no data", "soft", TextAlign::kMiddle);
}

Frame draw_frame(Svg& svg, const PlotAxis& x, const PlotAxis& y, const FrameData& data, const FrameStyle& style) {
  constexpr double kLeft = 64;  // room for the labels of the y axis
  const double top = draw_legend(svg, data.names, style.key, kLeft, 4) + (x.marks.empty() ? 6 : 24);
  const Box box{kLeft, top, kPlotWidth - 16, top + style.height};
  Frame frame{box, Scale(x, data.x, box.left + style.inset, box.right - style.inset, kTicksAcross),
              Scale(y, data.y, box.bottom - style.inset, box.top + style.inset, kTicksUp)};
  draw_x_axis(svg, x, frame.x, box);
  draw_y_axis(svg, y, frame.y, box);
  return frame;
}

std::string finish_frame(Svg& svg, const Frame& frame, bool empty, const std::string& title) {
  if (empty) draw_no_data(svg, frame.box);
  return svg.finish(kPlotWidth, frame.box.bottom + 50, title);
}

}  // namespace weightloom
