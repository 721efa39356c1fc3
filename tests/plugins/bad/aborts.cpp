// Dies while it describes.
#include <cstdlib>

#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink*, const wl_sink*) {
  std::abort();
}

RAW_PLUGIN(table.describe = describe)
