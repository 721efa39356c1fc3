#pragma once
// The world that a plugin finds itself in.

#include "session.hpp"

namespace weightloom::host {

// Loads what processes forked afterwards need to go to a place.
void prepare_places();

// From now on the calling process is there.
void go_to(Place place);

}  // namespace weightloom::host
