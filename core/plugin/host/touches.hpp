#pragma once
// What a plugin opens: the executable defines the C library's functions for files, sockets and the locale anew.

#include <vector>

#include "session.hpp"

namespace weightloom::host {

// From now on it is noted.
void note_touched();
// What it was since the last call, the first few.
std::vector<Trace> take_touched();

}  // namespace weightloom::host
