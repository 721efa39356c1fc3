#pragma once
// Quantities as people write them, in both directions: counts, sizes, shares, ages. [any-thread]

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weightloom {

// Parsers are for text of which it is not known whether it is a quantity: nothing when it is none. Units are told apart
// by case, and follow the number at once.

// "2464", "-0.5", "1e-3"; counts "10k", "1.5M", "2G", "1T" (powers of 1000); bytes "512B", "1.5GB" (10^9), "1.5GiB"
// (2^30); shares "90%" (0.9). Units k K M G T, B kB KB MB GB TB, KiB MiB GiB TiB, %. The nearest double of the decimal
// that is written: "57%" is 0.57.
std::optional<double> parse_number(std::string_view text);
// Seconds: "90s", "15m", "12h", "7d", "2w". The unit is required.
std::optional<double> parse_duration(std::string_view text);

// "9.6 KiB", "1.2 GiB"; bytes below 1024 as "512 B".
std::string format_size(std::uint64_t bytes);
// "2,464".
std::string format_count(std::int64_t count);
// "0.8 s", "42 s", "3 min 05 s", "2 h 10 min", "4 d 3 h".
std::string format_duration(double seconds);
// "91.4 %"; what is not a number is "-".
std::string format_percent(double share);

}  // namespace weightloom
