#pragma once
// Quantities as people write them, in both directions: sizes, counts, ages, shares.

#include <cstdint>
#include <string>
#include <string_view>

namespace weightloom {

// All parsers throw kUsage "unit.*" naming the text and the accepted forms; they never round, wrap or accept a sign.

// Bytes: "512", "1.5GB" (10^9), "1.5GiB" (2^30). Units B kB MB GB TB KiB MiB GiB TiB.
std::uint64_t parse_size(std::string_view text);
// A count: "2464", "10k", "1.5M", "2B" (10^9).
std::uint64_t parse_count(std::string_view text);
// Seconds: "90", "90s", "15m", "12h", "7d", "2w".
double parse_duration(std::string_view text);
// A share of 1: "50%", "0.5". Throws outside 0 .. 1.
double parse_share(std::string_view text);

// "9.6 KiB", "1.2 GiB"; bytes below 1024 as "512 B".
std::string format_size(std::uint64_t bytes);
// "2,464".
std::string format_count(std::int64_t count);
// "0.8 s", "42 s", "3 min 05 s", "2 h 10 min", "4 d 3 h".
std::string format_duration(double seconds);
// "91.4 %"; what is not a number is "-".
std::string format_percent(double share);

}  // namespace weightloom
