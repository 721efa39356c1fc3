#pragma once
// Runs a function in a forked child and brings back what it said, whatever becomes of the child.

#include <functional>
#include <string>

namespace weightloom {

struct ChildResult {
  bool exited = false;  // returned by itself; else it died by `signal`
  int signal = 0;
  bool timed_out = false;
  std::string text;  // what `work` returned
};

// `work` runs in the child, with standard output and error closed off; it must not throw. REQUIRES a single-threaded
// caller.
ChildResult run_in_child(const std::function<std::string()>& work, unsigned timeout_seconds);

}  // namespace weightloom
