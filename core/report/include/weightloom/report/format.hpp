#pragma once
// Numbers as people read them, beside those of weightloom/base/units.hpp. Everything that is not finite becomes
// kNoValue. Locale-independent. [any-thread]

#include <cstddef>
#include <string>
#include <vector>

namespace weightloom {

inline constexpr const char* kNoValue = "-";

// Mean and sample standard deviation (n - 1; 0 for one sample) of the finite values among `samples`.
struct Spread {
  double mean = 0, std = 0;  // NaN and 0 without any finite value
  std::size_t count = 0;     // of finite values
  std::vector<double> samples;

  static Spread of(std::vector<double> samples);
  // For results that are known by their summary only; `samples` stays empty.
  static Spread summary(double mean, double std, std::size_t count);
};

// The middle one, the larger of two. REQUIRES a value, none of them NaN.
double median_of(std::vector<double> values);

std::string format_number(double value, int digits = 2);       // "0.93"
std::string format_significant(double value, int digits = 3);  // "0.0123", "1.23e-07"
// "93.4 ± 1.2", of fractions of 1, without the percent sign: for columns headed "%".
std::string format_spread(const Spread& fractions, int digits = 1);

}  // namespace weightloom
