#pragma once
// Seeds. One user-given seed fans out into independent streams by label, so that adding a consumer never
// changes what another one draws.

#include <cstdint>
#include <string_view>
#include <vector>

namespace weightloom {

// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same on every platform. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // Uniform in [0, 1).
  double uniform();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // A random ordering of 0 .. n-1.
  std::vector<std::int64_t> permutation(std::int64_t n);

 private:
  std::uint64_t state_;
};

// A seed for the consumer `label` of `seed`.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view label);

}  // namespace weightloom
