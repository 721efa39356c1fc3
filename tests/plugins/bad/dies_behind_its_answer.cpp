// Describes, and dies on a thread of its own a moment later.
#include <unistd.h>

#include <chrono>
#include <thread>

#include "raw_plugin.hpp"

static std::int32_t describe(const char* config, std::uint64_t size, const wl_sink* out, const wl_sink* error) {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    ::_exit(3);
  }).detach();
  return raw::describe(config, size, out, error);
}

RAW_PLUGIN(table.describe = describe)
