#include "weightloom/base/units.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "weightloom/base/error.hpp"

using namespace weightloom;

TEST_CASE("decimal and binary sizes are told apart") {
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("1.5GB") == 1'500'000'000);
  CHECK(parse_size("1.5GiB") == 1'610'612'736);
  CHECK(parse_size("10 mib") == 10'485'760);
}

TEST_CASE("what is no size is refused") {
  const auto text = GENERATE("", "GiB", "-1", "1.5XB", "1e3", "nan", "1 GiB more", "99999999999TiB", "0x10");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_size(text), Error);
}

TEST_CASE("counts, durations and shares take their units") {
  CHECK(parse_count("10k") == 10'000);
  CHECK(parse_count("1.5M") == 1'500'000);
  CHECK(parse_duration("90") == 90);
  CHECK(parse_duration("7d") == 604'800);
  CHECK(parse_share("50%") == 0.5);
  CHECK(parse_share("0.25") == 0.25);
  CHECK_THROWS_AS(parse_share("101%"), Error);
  CHECK_THROWS_AS(parse_duration("7 fortnights"), Error);
}

TEST_CASE("quantities are written for people") {
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(format_size(9856) == "9.6 KiB");
  CHECK(format_count(-1234567) == "-1,234,567");
  CHECK(format_count(123) == "123");
  CHECK(format_duration(0.81) == "0.8 s");
  CHECK(format_duration(185) == "3 min 05 s");
  CHECK(format_duration(7800) == "2 h 10 min");
  CHECK(format_percent(0.9142) == "91.4 %");
  CHECK(format_percent(std::numeric_limits<double>::quiet_NaN()) == "-");
}
