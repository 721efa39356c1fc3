#include "weightloom/base/random.hpp"

#include <numeric>
#include <utility>

#include "weightloom/base/hash.hpp"

namespace weightloom {

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t Random::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
}

std::vector<std::int64_t> Random::permutation(std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

std::uint64_t derive_seed(std::uint64_t seed, std::string_view label) {
  // FNV alone keeps the low bits of near seeds alike; one step of SplitMix64 spreads them.
  return Random(fnv1a(label, kFnvBasis ^ seed)).next();
}

}  // namespace weightloom
