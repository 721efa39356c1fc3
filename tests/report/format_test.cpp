#include "weightloom/report/format.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace weightloom;

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

TEST_CASE("a spread leaves out what is not finite") {
  const auto spread = Spread::of({1, kNaN, 3, kInfinity});
  CHECK(spread.mean == 2);
  CHECK(spread.std == Approx(std::sqrt(2.0)));
  CHECK(spread.count == 2);
  CHECK(std::isnan(Spread::of({}).mean));
  CHECK(std::isnan(Spread::of({kNaN}).mean));
  CHECK(Spread::of({5}).std == 0);
}

TEST_CASE("numbers are written as people read them") {
  CHECK(format_number(0.926) == "0.93");
  CHECK(format_number(-0.001) == "0.00");
  CHECK(format_number(-1.5, 1) == "-1.5");
  CHECK(format_number(kNaN) == "-");
  CHECK(format_significant(0.012345) == "0.0123");
  CHECK(format_significant(kInfinity) == "-");
  CHECK(format_spread(Spread::of({0.9, 0.92})) == "91.0 ± 1.4");
  CHECK(format_spread(Spread::of({0.9})) == "90.0");
  CHECK(format_spread(Spread::of({})) == "-");
  CHECK(format_spread(Spread::summary(0.5, 0.1, 10)) == "50.0 ± 10.0");
}
