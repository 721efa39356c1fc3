#pragma once
// The clock that plugins read: the executable defines the C library's functions anew, and the dynamic loader gives a
// plugin these, since an executable's symbols come first.

#include <cstdint>

namespace weightloom::host {

void set_clock_ahead(std::int64_t seconds);
// From now on it stands still, `seconds` after 1970 and as far ahead as it was set.
void stop_clock(std::int64_t seconds);

}  // namespace weightloom::host
