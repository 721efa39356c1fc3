#pragma once
// What the values of a tensor look like, in a few numbers. Values; the functions are [any-thread].

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Bins of a histogram, over the mean and three standard deviations to both sides; the outermost hold what lies beyond.
inline constexpr std::size_t kHistogramBins = 16;

struct TensorStatistics {
  std::int64_t values = 0, zeros = 0, nans = 0, infinities = 0;
  // Of the finite values; 0 where there are none. The deviation is that of the population; the kurtosis of a normal
  // distribution is 3, and that of a constant 0.
  double mean = 0, deviation = 0, least = 0, greatest = 0, kurtosis = 0;
  // Of at most 4,096 finite values, evenly spread over the tensor: heights, the highest bin's being 255.
  std::array<std::uint8_t, kHistogramBins> histogram{};

  std::int64_t finite() const { return values - nans - infinities; }
  double greatest_magnitude() const;
  double norm() const;        // root of the sum of the squares of the finite values
  double zero_share() const;  // of all values; 0 where there are none
};

// `bytes`: whole elements. nullopt for types whose elements are no numbers that we read (has_values()).
std::optional<TensorStatistics> statistics_of(DType dtype, std::span<const std::byte> bytes);

// The figure called `name`: mean, std, min, max, absmax, norm, kurtosis, zeros (a share), nan, inf, values. nullopt for
// other names, and for figures of finite values where there are none.
std::optional<double> statistic(const TensorStatistics& statistics, std::string_view name);
const std::vector<std::string>& statistic_names();

// Equal, but for what another order of summation may change.
bool nearly_equal(const TensorStatistics& a, const TensorStatistics& b);

}  // namespace weightloom
