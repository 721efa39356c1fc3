#include "weightloom/zoo/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "weightloom/base/element_values.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kChunk = 2048;   // values that are converted at a time: they stay in the first cache
constexpr std::size_t kSample = 4096;  // values of a histogram
constexpr double kReach = 3;           // standard deviations to both sides

// Count, mean and the sums of powers of deviations from it; parts are joined after Pébay (2008).
struct Moments {
  double count = 0, mean = 0, second = 0, third = 0, fourth = 0;

  void join(const Moments& other) {
    if (other.count == 0) return;
    const double total = count + other.count, delta = other.mean - mean, share = delta / total;
    const double product = count * other.count;
    fourth += other.fourth +
              delta * share * share * share * product * (count * count - product + other.count * other.count) +
              6 * share * share * (count * count * other.second + other.count * other.count * second) +
              4 * share * (count * other.third - other.count * third);
    third += other.third + delta * share * share * product * (count - other.count) +
             3 * share * (count * other.second - other.count * second);
    second += other.second + delta * share * product;
    mean += share * other.count;
    count = total;
  }
};

Moments moments_of(std::span<const double> values) {
  Moments out;
  out.count = static_cast<double>(values.size());
  double sum = 0, second = 0, third = 0, fourth = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i];
  const double mean = sum / out.count;
#pragma omp simd reduction(+ : second, third, fourth)
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double deviation = values[i] - mean, square = deviation * deviation;
    second += square;
    third += square * deviation;
    fourth += square * square;
  }
  out.mean = mean;
  out.second = second;
  out.third = third;
  out.fourth = fourth;
  return out;
}

struct Range {
  double least, greatest, zeros = 0;
};

Range range_of(std::span<const double> values) {
  double least = values.front(), greatest = values.front(), zeros = 0;
#pragma omp simd reduction(min : least) reduction(max : greatest) reduction(+ : zeros)
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = values[i];
    least = value < least ? value : least;
    greatest = value > greatest ? value : greatest;
    zeros += value == 0 ? 1 : 0;
  }
  return {least, greatest, zeros};
}

// A difference with itself is 0 where the value is finite, else NaN.
bool all_finite(std::span<const double> values) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] - values[i];
  return sum == 0;
}

class Summary {
 public:
  explicit Summary(std::size_t values) : stride_(std::max<std::size_t>(1, (values + kSample - 1) / kSample)) {}

  // Changes `values`: what is not finite goes.
  void add(std::span<double> values) {
    for (std::size_t i = (stride_ - seen_ % stride_) % stride_; i < values.size(); i += stride_)
      if (std::isfinite(values[i])) sample_.push_back(values[i]);
    seen_ += values.size();
    out_.values += static_cast<std::int64_t>(values.size());
    const auto finite = all_finite(values) ? values : keep_finite(values);
    if (finite.empty()) return;
    const auto range = range_of(finite);
    out_.zeros += static_cast<std::int64_t>(range.zeros);
    out_.least = moments_.count == 0 ? range.least : std::min(out_.least, range.least);
    out_.greatest = moments_.count == 0 ? range.greatest : std::max(out_.greatest, range.greatest);
    moments_.join(moments_of(finite));
  }

  TensorStatistics finish() {
    out_.mean = moments_.mean;
    if (out_.least < out_.greatest) {
      const double variance = moments_.second / moments_.count;
      out_.deviation = std::sqrt(variance);
      const double kurtosis = moments_.fourth / moments_.count / variance / variance;
      out_.kurtosis = std::isfinite(kurtosis) ? kurtosis : 0;
    }
    draw_histogram();
    return out_;
  }

 private:
  std::span<double> keep_finite(std::span<double> values) {
    for (const double value : values) {
      out_.nans += std::isnan(value) ? 1 : 0;
      out_.infinities += std::isinf(value) ? 1 : 0;
    }
    // Not that of std::ranges: Clang 14 takes no subrange of a span.
    const auto end = std::remove_if(values.begin(), values.end(), [](double value) { return !std::isfinite(value); });
    return values.first(static_cast<std::size_t>(end - values.begin()));
  }

  void draw_histogram() {
    if (sample_.empty()) return;
    std::array<std::size_t, kHistogramBins> counts{};
    const double low = out_.mean - kReach * out_.deviation, width = 2 * kReach * out_.deviation / kHistogramBins;
    for (const double value : sample_) {
      const double place = (value - low) / width;
      ++counts[std::isfinite(place) ? static_cast<std::size_t>(std::clamp(place, 0.0, kHistogramBins - 1.0))
                                    : kHistogramBins / 2];
    }
    const auto most = *std::ranges::max_element(counts);
    for (std::size_t i = 0; i < kHistogramBins; ++i)
      out_.histogram[i] = static_cast<std::uint8_t>((counts[i] * 255 + most - 1) / most);
  }

  std::size_t stride_, seen_ = 0;
  std::vector<double> sample_;
  Moments moments_;
  TensorStatistics out_;
};

// Sums of the largest numbers that there are may leave them.
bool close(double a, double b, double scale) {
  if (!std::isfinite(a) || !std::isfinite(b)) return std::isfinite(a) == std::isfinite(b);
  return a == b || std::abs(a - b) <= 1e-6 * scale;
}

}  // namespace

double TensorStatistics::greatest_magnitude() const {
  return std::max(std::abs(least), std::abs(greatest));
}

double TensorStatistics::norm() const {
  return std::sqrt(static_cast<double>(finite())) * std::hypot(mean, deviation);
}

double TensorStatistics::zero_share() const {
  return values > 0 ? static_cast<double>(zeros) / static_cast<double>(values) : 0;
}

std::optional<TensorStatistics> statistics_of(DType dtype, std::span<const std::byte> bytes) {
  if (!has_values(dtype)) return std::nullopt;
  const auto width = dtype_bytes(dtype);
  const auto count = bytes.size() / width;
  Summary summary(count);
  std::array<double, kChunk> buffer{};
  for (std::size_t at = 0; at < count; at += kChunk) {
    const auto values = std::span(buffer).first(std::min(kChunk, count - at));
    read_values(dtype, bytes.subspan(at * width, values.size() * width), values);
    summary.add(values);
  }
  return summary.finish();
}

namespace {

struct Figure {
  const char* name;
  bool of_finite;
  double (*value)(const TensorStatistics&);
};
using Statistics = TensorStatistics;
constexpr Figure kFigures[] = {{"mean", true, [](const Statistics& s) { return s.mean; }},
                               {"std", true, [](const Statistics& s) { return s.deviation; }},
                               {"min", true, [](const Statistics& s) { return s.least; }},
                               {"max", true, [](const Statistics& s) { return s.greatest; }},
                               {"absmax", true, [](const Statistics& s) { return s.greatest_magnitude(); }},
                               {"norm", true, [](const Statistics& s) { return s.norm(); }},
                               {"kurtosis", true, [](const Statistics& s) { return s.kurtosis; }},
                               {"zeros", false, [](const Statistics& s) { return s.zero_share(); }},
                               {"nan", false, [](const Statistics& s) { return static_cast<double>(s.nans); }},
                               {"inf", false, [](const Statistics& s) { return static_cast<double>(s.infinities); }},
                               {"values", false, [](const Statistics& s) { return static_cast<double>(s.values); }}};

}  // namespace

std::optional<double> statistic(const TensorStatistics& statistics, std::string_view name) {
  const auto* figure = std::ranges::find(kFigures, name, &Figure::name);
  if (figure == std::end(kFigures) || (figure->of_finite && statistics.finite() == 0)) return std::nullopt;
  return figure->value(statistics);
}

const std::vector<std::string>& statistic_names() {
  static const auto names = [] {
    std::vector<std::string> out;
    for (const auto& figure : kFigures) out.emplace_back(figure.name);
    return out;
  }();
  return names;
}

bool nearly_equal(const TensorStatistics& a, const TensorStatistics& b) {
  const double scale = std::max(a.greatest_magnitude(), b.greatest_magnitude());
  return a.values == b.values && a.zeros == b.zeros && a.nans == b.nans && a.infinities == b.infinities &&
         a.least == b.least && a.greatest == b.greatest && close(a.mean, b.mean, scale) &&
         close(a.deviation, b.deviation, scale);
}

}  // namespace weightloom
