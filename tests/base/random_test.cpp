#include "weightloom/base/random.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

using namespace weightloom;

TEST_CASE("SplitMix64 gives the published sequence") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317u);
  CHECK(random.next() == 3203168211198807973u);
  CHECK(random.next() == 9817491932198370423u);
}

TEST_CASE("uniform numbers lie in [0, 1) and fill it evenly") {
  Random random(7);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double x = random.uniform();
    REQUIRE(x >= 0);
    REQUIRE(x < 1);
    sum += x;
  }
  CHECK(sum / 10'000 == Approx(0.5).margin(0.015));  // five standard errors
}

TEST_CASE("bounded numbers stay below the bound and reach each value") {
  Random random(7);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(6));
  CHECK(seen == std::set<std::uint64_t>{0, 1, 2, 3, 4, 5});
  CHECK(random.below(1) == 0);
}

TEST_CASE("a permutation holds each number once and is not the identity") {
  auto order = Random(3).permutation(100);
  std::vector<std::int64_t> sorted(100);
  std::iota(sorted.begin(), sorted.end(), 0);
  CHECK(order != sorted);
  CHECK(order == Random(3).permutation(100));
  CHECK(order != Random(4).permutation(100));
  std::sort(order.begin(), order.end());
  CHECK(order == sorted);
  CHECK(Random(3).permutation(0).empty());
  CHECK(Random(3).permutation(1) == std::vector<std::int64_t>{0});
}

// Stored recipes are reproduced through these values: they must never change.
TEST_CASE("derived seeds are the same on every machine and in every version") {
  CHECK(derive_seed(0, "data") == 10639603523942953358u);
  CHECK(derive_seed(1, "data") == 15688076610871342501u);
  CHECK(derive_seed(0, "init") == 11095654878113387366u);
}

TEST_CASE("streams of different labels and of neighbouring seeds have nothing in common") {
  std::set<std::uint64_t> drawn;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (const char* label : {"data", "init", "order", ""}) {
      Random random(derive_seed(seed, label));
      for (int i = 0; i < 25; ++i) drawn.insert(random.next());
    }
  CHECK(drawn.size() == 10 * 4 * 25);
}
