#include "weightloom/base/units.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>

using namespace weightloom;

TEST_CASE("decimal and binary sizes are told apart") {
  CHECK(parse_number("512B") == 512);
  CHECK(parse_number("1.5GB") == 1'500'000'000);
  CHECK(parse_number("1.5GiB") == 1'610'612'736);
  CHECK(parse_number("10MiB") == 10'485'760);
}

TEST_CASE("numbers take signs, exponents, counts and shares") {
  CHECK(parse_number("2464") == 2464);
  CHECK(parse_number("-0.5") == -0.5);
  CHECK(parse_number("1e-3") == 1e-3);
  CHECK(parse_number("10k") == 10'000);
  CHECK(parse_number("1.5M") == 1'500'000);
  CHECK(parse_number("50%") == 0.5);
}

TEST_CASE("a quantity is the nearest double of the decimal that is written") {
  CHECK(parse_number("57%") == 0.57);
  CHECK(parse_number("95%") == 0.95);
  CHECK(parse_number("-0.7%") == -0.007);
  CHECK(parse_number("5.7e1%") == 0.57);
  CHECK(parse_number("5.7E+1%") == 0.57);
  CHECK(parse_number("0%") == 0);
  CHECK(parse_number("1.005k") == 1005);
  CHECK(parse_number("4.1GB") == 4'100'000'000);
  CHECK(parse_number("1e-3M") == 1000);
  for (int tenths = 0; tenths <= 1000; ++tenths) {
    const auto digits = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
    CAPTURE(digits);
    CHECK(parse_number(digits + "%") == tenths / 1000.0);
  }
}

TEST_CASE("durations take their units and need one: a bare number may be the year of a date") {
  CHECK(parse_duration("90s") == 90);
  CHECK(parse_duration("15m") == 900);
  CHECK(parse_duration("7d") == 604'800);
  CHECK(parse_duration("2w") == 1'209'600);
  CHECK_FALSE(parse_duration("2026").has_value());
  CHECK_FALSE(parse_duration("7 fortnights").has_value());
}

TEST_CASE("what is no number is none") {
  const auto text = GENERATE("", "GiB", "+1", "1.5XB", "10m", "nan", "inf", "1 GiB", "1GiB more", "1e400", "1e300TiB",
                             "1e307k", "0x10", "1.2.3", "--1");
  CAPTURE(text);
  CHECK_FALSE(parse_number(text).has_value());
}

TEST_CASE("quantities are written for people") {
  CHECK(format_size(0) == "0 B");
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(format_size(9856) == "9.6 KiB");
  CHECK(format_size(std::numeric_limits<std::uint64_t>::max()) == "16.0 EiB");
  CHECK(format_count(-1234567) == "-1,234,567");
  CHECK(format_count(-123) == "-123");
  CHECK(format_count(123) == "123");
  CHECK(format_count(1000) == "1,000");
  CHECK(format_count(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
  CHECK(format_percent(0.9142) == "91.4 %");
  CHECK(format_percent(std::numeric_limits<double>::quiet_NaN()) == "-");
}

TEST_CASE("durations are written for people, without a minute of 60 seconds") {
  CHECK(format_duration(0.81) == "0.8 s");
  CHECK(format_duration(59.7) == "1 min 00 s");
  CHECK(format_duration(185) == "3 min 05 s");
  CHECK(format_duration(7800) == "2 h 10 min");
  CHECK(format_duration(90'000 * 4.0) == "4 d 4 h");
  CHECK(format_duration(-1) == "-");
  CHECK(format_duration(std::numeric_limits<double>::infinity()) == "-");
}
