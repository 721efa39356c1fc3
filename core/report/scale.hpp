#pragma once
// From data to pixels: range, round tick values, labels.

#include <string>
#include <vector>

#include "weightloom/report/plot.hpp"

namespace weightloom {

struct Tick {
  double at;
  std::string label;
};

inline constexpr double kTicksAcross = 70, kTicksUp = 40;  // pixels between ticks of the two axes

// `value` as far as the axis should reach for it: the spread of a fraction may go beyond 0 and 1, the axis need not.
double reach(const PlotAxis& axis, double center, double value);

class Scale {
 public:
  // `values` are all values that the plot shows, in any order. Without a finite one the range is 0 to 1. Ticks stand at
  // least about `tick_distance` pixels apart.
  Scale(const PlotAxis& axis, const std::vector<double>& values, double first_pixel, double last_pixel,
        double tick_distance);

  // Whether a value can be shown: finite, and positive on a logarithmic axis.
  bool shows(double value) const;
  // Values outside the range land on its border. REQUIRES shows(value).
  double pixel(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }
  // A value with the axis' unit, for tooltips.
  std::string describe(double value) const;

 private:
  double position(double value) const;
  void set_linear(const PlotAxis& axis, double least, double most, double tick_distance);
  void set_logarithmic(const PlotAxis& axis, double least, double most);
  bool percent_, logarithmic_;
  double first_pixel_, last_pixel_;
  double least_ = 0, most_ = 1;  // positions, logarithms on a logarithmic axis
  std::vector<Tick> ticks_;
};

}  // namespace weightloom
