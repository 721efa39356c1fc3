// Prints for ever while it describes.
#include <cstdio>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink*, const wl_sink*) {
  while (std::puts("still describing") >= 0) {
  }
  return WL_OK;
}

RAW_PLUGIN(table.describe = describe)
