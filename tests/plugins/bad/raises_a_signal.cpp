// Dies by a signal that has no name of its own.
#include <csignal>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink*, const wl_sink*) {
  std::raise(SIGRTMIN + 3);
  return WL_INTERNAL;
}

RAW_PLUGIN(table.describe = describe)
