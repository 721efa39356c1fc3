#include <algorithm>
#include <cmath>

#include "frame.hpp"

namespace weightloom {
namespace {

constexpr double kRow = 30, kGroupTitle = 30, kGroupGap = 8;
constexpr double kMostLabel = 230;

std::string value_label(const DotRow& row, bool percent) {
  if (!std::isfinite(row.values.mean)) return kNoValue;
  if (percent) return format_spread(row.values);
  const auto mean = format_significant(row.values.mean);
  return row.values.count > 1 && std::isfinite(row.values.std) ? mean + " ± " + format_significant(row.values.std, 2)
                                                               : mean;
}

std::string row_tooltip(const DotRow& row, const Scale& scale) {
  auto text = row.label + ": " + scale.describe(row.values.mean);
  if (row.values.count > 1) text += " ± " + scale.describe(row.values.std);
  return text + ", n = " + std::to_string(row.values.count);
}

// Spreads overlapping samples over the height of a row, the same way every time (golden-ratio sequence).
double jitter(std::size_t sample) {
  const double turn = 0.6180339887498949 * static_cast<double>(sample + 1);
  return (turn - std::floor(turn) - 0.5) * 13;
}

double label_width(const DotPlot& plot) {
  double width = 60;
  for (const auto& group : plot.groups)
    for (const auto& row : group.rows) width = std::max(width, text_width(row.label, kTextSize));
  return std::min(width, kMostLabel);
}

std::vector<double> all_values(const DotPlot& plot) {
  std::vector<double> values;
  for (const auto& group : plot.groups)
    for (const auto& row : group.rows) {
      values.insert(values.end(), row.values.samples.begin(), row.values.samples.end());
      for (double sign : {-1.0, 1.0})
        values.push_back(reach(plot.axis, row.values.mean, row.values.mean + sign * row.values.std));
    }
  return values;
}

double height_of(const DotPlot& plot) {
  double height = 0;
  for (const auto& group : plot.groups)
    height += (group.title.empty() ? 0 : kGroupTitle) + kRow * static_cast<double>(group.rows.size()) + kGroupGap;
  return std::max(height, 2 * kRow);
}

void draw_row(Svg& svg, const DotRow& row, const Scale& scale, double y) {
  for (std::size_t i = 0; i < row.values.samples.size(); ++i)
    if (const double value = row.values.samples[i]; scale.shows(value))
      svg.marker(scale.pixel(value), y + jitter(i), 2.6, row.series, "dot", row.label + ": " + scale.describe(value));
  if (!scale.shows(row.values.mean)) return;
  if (std::isfinite(row.values.std) && row.values.std > 0) {
    const double from = scale.pixel(row.values.mean - row.values.std),
                 to = scale.pixel(row.values.mean + row.values.std);
    svg.path("M" + coordinate(from) + " " + coordinate(y) + "H" + coordinate(to),
             series_class(row.series) + " whisker");
  }
  svg.marker(scale.pixel(row.values.mean), y, 5.5, row.series, "mean", row_tooltip(row, scale));
}

}  // namespace

std::string render(const DotPlot& plot) {
  constexpr double kValues = 100;
  Svg svg;
  const double left = label_width(plot) + 22;
  const bool marked = !plot.axis.marks.empty();
  const double top = draw_legend(svg, plot.series, Key::kDot, 4, 4) + (marked ? 22 : 4);
  const Box box{left, top, kPlotWidth - kValues, top + height_of(plot)};
  auto axis = plot.axis;
  axis.logarithmic = false;
  const Scale scale(axis, all_values(plot), box.left + 8, box.right - 8, kTicksAcross);
  bool striped = false;
  double y = box.top;
  for (const auto& group : plot.groups) {
    if (!group.title.empty()) y += kGroupTitle;
    for (std::size_t i = 0; i < group.rows.size(); ++i, y += kRow)
      if ((striped = !striped)) svg.rect(0, y, kPlotWidth, kRow, "stripe");
    y += kGroupGap;
    striped = false;
  }
  draw_x_axis(svg, axis, scale, box);
  y = box.top;
  std::size_t rows = 0;
  for (const auto& group : plot.groups) {
    if (!group.title.empty()) svg.text(4, y + kGroupTitle - 10, group.title, "group");
    if (!group.title.empty()) y += kGroupTitle;
    for (const auto& row : group.rows) {
      svg.text(left - 14, y + kRow / 2 + 4.5, fitted(row.label, kTextSize, kMostLabel), "", TextAlign::kEnd);
      draw_row(svg, row, scale, y + kRow / 2);
      svg.text(kPlotWidth - 6, y + kRow / 2 + 4.5, value_label(row, axis.percent), "value", TextAlign::kEnd);
      y += kRow;
      ++rows;
    }
    y += kGroupGap;
  }
  if (rows == 0) draw_no_data(svg, box);
  return svg.finish(kPlotWidth, box.bottom + 50, plot.title);
}

}  // namespace weightloom
