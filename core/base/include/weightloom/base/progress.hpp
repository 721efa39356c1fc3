#pragma once
// Progress of long work, reported to whoever listens; the library never prints.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "weightloom/base/json.hpp"

namespace weightloom {

struct ProgressEvent {
  std::string task;  // "grow", "train tokenizer", ...
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
  std::string unit;         // "networks", "steps", "bytes"
  Json detail;              // further figures: loss, learning_rate, ...; an object or null
  bool finished = false;    // the last event of its task
};

// Called from the threads that do the work, never two at once; must not throw and does not keep the event. An empty
// function means nobody listens.
using ProgressSink = std::function<void(const ProgressEvent&)>;

// Cooperative interruption of the process: long loops call throw_if_interrupted() at points where everything is
// consistent. request_interrupt() is async-signal-safe. [any-thread]
void request_interrupt() noexcept;
bool interrupt_requested() noexcept;
// Throws kInterrupted "interrupted" once request_interrupt() has been called.
void throw_if_interrupted();
// Takes request_interrupt() back, so that the process can work on.
void clear_interrupt() noexcept;

}  // namespace weightloom
