#pragma once
// The world that a plugin finds itself in.

#include "session.hpp"

namespace weightloom::host {

// From now on the calling process is there.
void go_to(Place place);

}  // namespace weightloom::host
