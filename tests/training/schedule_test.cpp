#include "weightloom/training/schedule.hpp"

#include <catch2/catch.hpp>

namespace weightloom {
namespace {

TEST_CASE("the linear schedule rises over its warm-up and falls towards zero", "[schedule]") {
  CHECK(linear_schedule(2.0, 0.0, 0, 10) == 2.0);
  CHECK(linear_schedule(2.0, 0.0, 9, 10) == Approx(0.2));
  CHECK(linear_schedule(2.0, 0.4, 0, 10) == Approx(0.5));
  CHECK(linear_schedule(2.0, 0.4, 3, 10) == 2.0);
  CHECK(linear_schedule(2.0, 0.4, 4, 10) == 2.0);
  CHECK(linear_schedule(2.0, 0.4, 7, 10) == Approx(1.0));
  CHECK(linear_schedule(2.0, 1.0, 9, 10) == 2.0);
}

TEST_CASE("the plateau schedule rises, stays and falls along a cosine to a hundredth", "[schedule]") {
  CHECK(plateau_schedule(3.0, 0, 1000) > 0);
  CHECK(plateau_schedule(3.0, 25, 1000) == Approx(1.5));
  CHECK(plateau_schedule(3.0, 50, 1000) == Approx(3.0));
  CHECK(plateau_schedule(3.0, 399, 1000) == 3.0);
  CHECK(plateau_schedule(3.0, 700, 1000) == Approx(1.5));
  CHECK(plateau_schedule(3.0, 999, 1000) == Approx(0.03));
}

}  // namespace
}  // namespace weightloom
