#pragma once
// What a worker does in its own process.

#include <sys/types.h>

#include "weightloom/plugin/loaded_plugin.hpp"

namespace weightloom::host {

// The ends of a worker's pipes that its process uses.
struct WorkerEnds {
  int orders = -1, parts = -1, prints = -1;
  void close() const;
};

// Moves it to where nobody meets it by accident. The new one.
int out_of_reach(int descriptor);
// All but standard input, output, error and what is out of reach, `last` the last of it.
void close_others(int last);

// The process ends with `server`, its parent, and has a group of its own.
void belong_to(pid_t server);

// Waits for a session, carries it out, and ends, unless it is to stay for another. `loaded` is its plugin where the
// process is in its place and has loaded it already.
[[noreturn]] void be_a_worker(const WorkerEnds& ends, const LoadedPlugin* loaded = nullptr);

}  // namespace weightloom::host
