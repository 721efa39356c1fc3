#pragma once
// Seeds. One user-given seed fans out into independent streams by label, so that adding a consumer never changes what
// another one draws. Recipes are reproduced by these numbers: they are the same on every machine and never change.

#include <cstdint>
#include <string_view>
#include <vector>

namespace weightloom {

// SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195): small and fast; not for secrets. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // Uniform in [0, 1), in steps of 2^-53.
  double uniform();
  // In [0, bound) for bound > 0, by multiplication (Lemire 2019) without rejection: uneven by at most bound / 2^64.
  std::uint64_t below(std::uint64_t bound);
  // A random ordering of 0 .. n-1 for n >= 0 (Fisher, Yates).
  std::vector<std::int64_t> permutation(std::int64_t n);

 private:
  std::uint64_t state_;
};

// A seed for the consumer `label` of `seed`: FNV-1a of the label from a basis that the seed changes, mixed once by
// SplitMix64. [any-thread]
std::uint64_t derive_seed(std::uint64_t seed, std::string_view label);

}  // namespace weightloom
