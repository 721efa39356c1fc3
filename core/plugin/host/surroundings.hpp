#pragma once
// The world that a plugin finds itself in.

namespace weightloom::host {

// From now on another clock, environment, folder, locale and layout of memory.
void go_elsewhere();

}  // namespace weightloom::host
